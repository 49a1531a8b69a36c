"""Reads and checks what a request sends: query fields, body forms, JSON."""
