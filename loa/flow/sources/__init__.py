"""Sources: texts as they came in, byte for byte.

Owns: source items, their bytes, how they were decoded.
Never: an edited word.
"""
