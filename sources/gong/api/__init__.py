"""Speaks to Gong: operations, parameters, credentials, rate limit, pagination, errors."""
