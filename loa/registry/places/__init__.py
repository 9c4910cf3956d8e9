"""Places: the city, its communes, villages and residential groups, with dates and former names.

Owns: who is above whom, since when, under which earlier names.
Never: who may do what there.
"""
