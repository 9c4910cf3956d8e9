"""The board: the page a public screen shows, and the passer-by reads.

Owns: how approved editions are set on a screen.
Never: a draft, or anything not approved for that place.
"""
