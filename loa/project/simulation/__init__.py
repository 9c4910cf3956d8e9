"""`loa simulate`: a real city and many devices to which everything happens; then both sides are compared.

Owns: the deeds of the run, what each side knows, the comparison.
Never: a device or a server of its own making; both are the real ones.
"""
