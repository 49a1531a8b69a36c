"""Users, workspaces, definitions and customer accounts."""
