"""Schedules: when an edition should sound, and when nothing may.

Owns: placements, occurrences, quiet hours, daily limits, confirmations.
Never: a device.
"""
