"""Timed figures: what tests never measure. Each prints a table and, if asked, writes JSON."""
