"""What a device and the city say to each other, and the rules both sides apply.

Owns: message shapes, canonical bytes, envelopes and keys, who may answer for what, when an order may sound.
Never: a network, a disk, a database, the time of day (an instant is always an argument).
"""
