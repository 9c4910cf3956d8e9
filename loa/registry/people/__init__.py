"""People, their mandates and the keys they answer with.

Owns: persons, mandates, approval keys, the roster that devices trust.
Never: what anybody wrote or approved.
"""
