"""One subject a module, no Django: clock, ports, text, encodings, speakable Vietnamese, sound."""
