"""The HTTP server: reads a request, serves it, writes the response."""
