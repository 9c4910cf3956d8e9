"""Receipts: what each device says it did.

Owns: signed log batches, receipts, the play log.
Never: a judgement of them.
"""
