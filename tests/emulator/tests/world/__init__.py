"""Tests of the seeded company."""
