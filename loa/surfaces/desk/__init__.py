"""The desk: where staff write, hear, approve, place and prove.

Owns: screens, forms and their words.
Never: a rule or a row of its own; a view calls one query or one deed and renders.
"""
