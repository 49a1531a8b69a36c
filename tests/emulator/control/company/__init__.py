"""Truth and changes of users, workspaces, settings, library and privacy."""
