"""Evaluation: the proof, read from everything above and verified while reading.

Owns: evidence.
Never: a row of its own that could differ from what happened.
"""
