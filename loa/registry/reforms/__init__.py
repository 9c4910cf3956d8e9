"""Reforms: communes merged, divided or renamed by a numbered decision, each carried out as one act.

Owns: what a decision changes in the tree of places, from when, and that it was done.
Never: what is played there; orders and books follow the tree.
"""
