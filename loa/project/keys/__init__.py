"""`loa keys`: the ceremony by which officers, not the server, answer for who may speak in the city.

Owns key files and the files that travel on a stick; never a private key of the server.
"""
