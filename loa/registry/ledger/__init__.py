"""Ledger: every deed leaves one fact, chained to the one before.

Owns: facts, their order and their hashes.
Never: a change or a deletion; the database refuses both.
"""
