"""Erases people and keeps them out; purges what was deleted in Gong."""
