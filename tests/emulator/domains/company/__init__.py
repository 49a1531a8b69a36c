"""State about the company: library, profiles, briefs, coaching, privacy, history."""
