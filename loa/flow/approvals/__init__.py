"""Approvals: editions, frozen text and sound, and who answers for them.

Owns: editions, approvals, returns.
Never: a change of an edition; a correction is a new one.
"""
