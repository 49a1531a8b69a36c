"""Sends rows of a file or a query to Gong, each once."""
