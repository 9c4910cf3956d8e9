"""Sound arithmetic: decode, master, measure, draw and write speech.

Owns what happens to samples between a voice and a file. Never decides what may sound, and
never keeps files: media storage and approval live elsewhere. `pcm`, `errors` and `wave` need
the standard library only, so a small device can write sound without codecs.
"""
