"""The sound of a device, in a process of its own: sources, a mixer, sinks, and who watches it."""
