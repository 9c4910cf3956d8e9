"""The long-running processes. Each may be killed at any instant; what it left is taken up again."""
