"""Turns rows into write requests and says what may be sent again."""
