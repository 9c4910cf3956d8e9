"""The way of information, in order: what comes in, what is written, approved, placed, delivered, received, proved."""
