"""Devices: the register of loudspeaker clusters and boards, and how each was last seen.

Owns: identity, place, key, last state.
Never: what a device should sound.
"""
