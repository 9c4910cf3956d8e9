"""Reference device: receives, verifies, fetches, sounds, and reports what it did.

Owns: the device's log and memory, its media store, when it begins and stops to sound.
Never: approves, decides for another device, or believes bytes because of the way they came.
"""
