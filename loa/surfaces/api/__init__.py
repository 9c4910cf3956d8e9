"""API: what programs and devices read and do over HTTP.

Owns: addresses for devices, `/api/v1`, health and metrics.
Never: a deed of its own; each address calls one query or one action.
"""
