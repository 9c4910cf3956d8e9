"""Loa: the source information system of a Vietnamese city."""
