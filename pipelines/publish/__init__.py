"""From loaded to published: dbt models, their tests, the published copy."""
