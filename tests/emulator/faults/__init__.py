"""Fault injection: kinds, rules, and what a fault does to a request."""
