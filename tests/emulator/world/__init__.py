"""The seeded company: everything that is drawn from the seed before any request."""
