"""Questions and briefs about a CRM entity."""
