"""The generic CRM integration: schema, objects, uploads."""
