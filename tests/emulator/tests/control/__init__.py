"""Tests of the control surface: truth and changes."""
