"""The look: tokens, stylesheets, components, icons and scripts every surface shares.

Owns how things are shown. Never reads a model, never decides what may be done.
"""
