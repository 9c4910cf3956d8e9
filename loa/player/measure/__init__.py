"""How well this machine sounds, read off recordings: start times, pre-emption, lost streams."""
