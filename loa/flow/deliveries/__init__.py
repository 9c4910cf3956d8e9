"""Deliveries: signed orders to every device.

Owns: play orders, desired documents, recalls.
Never: an edition without approval, or a word of its own.
"""
