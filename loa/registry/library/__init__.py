"""Library: files by content, and how words are read aloud.

Owns: media named by their SHA-256, what people recorded, signals of places, installed voices,
readings (đọc là).
Never: which bulletin uses them.
"""
