"""Decides what to request and reads it: windows, streams, child streams."""
