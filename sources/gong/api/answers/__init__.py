"""Takes answers of Gong in: how much of them, what is read of them, and what is not Gong's."""
