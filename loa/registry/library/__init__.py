"""Library: files by content, and how words are read aloud.

Owns: media named by their SHA-256, readings (đọc là).
Never: which bulletin uses them.
"""
