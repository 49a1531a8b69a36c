"""Tests of rate limits, paging and refusals."""
