"""Faults on purpose, for a fleet of light devices: what lines, sockets, clocks and disks do to them.

Owns: how a fault is written, drawn and done to the real player; what a device truly did.
Never: active unless `--faults` asks for it.
"""
