"""Keeps erased people out: hashed identifiers, matching, masking of texts. Pure."""
