"""Joins the source to a warehouse and runs it: commands, settings, locks, progress."""
