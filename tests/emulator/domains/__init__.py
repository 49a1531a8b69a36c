"""State that a domain keeps in addition to the world; made on first use."""
