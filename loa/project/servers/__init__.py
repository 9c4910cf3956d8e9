"""The embedded PostgreSQL and NATS of a first run and of the tests.

Owns finding, preparing and describing them; never runs where an address of a real one is given.
"""
