"""What can be wrong with a sound."""

from __future__ import annotations


class UndecodableSound(ValueError):
    """The bytes are no sound, hold no audio stream, are damaged or were cut short."""


class SilentSound(ValueError):
    """There is nothing to hear, so no gain can make it loud enough."""


class SoundTooLong(ValueError):
    """There is more sound than is taken."""
