"""Newsroom: what editors write, and how it will sound.

Owns: bulletins, renditions, takes, programmes, submissions.
Never: an approval, or anything that was approved.
"""
