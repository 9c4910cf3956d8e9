"""NATS: desired documents in a key-value bucket, hints, and what devices publish.

Owns: the connection, the bucket, how many documents go in at once.
Never: a rule; correctness never rests on a push.
"""
