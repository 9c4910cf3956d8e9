"""Voices that turn approved words into sound.

Owns the adapters to speech engines. Never decides what is said, and never keeps a sound.
"""
