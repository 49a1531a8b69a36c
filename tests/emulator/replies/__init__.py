"""HTTP responses and the ways in which they reach the client."""
