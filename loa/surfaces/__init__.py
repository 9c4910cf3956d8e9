"""What people and programs touch: the desk, the boards, the public pages, the HTTP API."""
