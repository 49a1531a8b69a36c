"""A stateful, seeded, strict stand-in for Gong's public REST API v2.

It speaks real HTTP from a process of its own (`python -m tests.emulator`) and is written only
from what is publicly known of the API: Gong's OpenAPI document, recorded live answers and the
reports of people who use it. It shares no code with the product, so that a misunderstanding of
the API cannot hide in both.
"""
