"""The portal: what a commune's residents read and hear again on the web.

Owns: public pages of places.
Never: a draft, or anything that asks who the reader is.
"""
