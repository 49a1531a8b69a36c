"""Seeded chance: named streams of randomness, ids, and floats with single-precision noise."""

import random
import struct

TOP_OF_TWENTY_DIGITS = 18_446_744_073_709_551_615


def stream(seed: int, *name: object) -> random.Random:
    """A random stream of its own for every (seed, name), equal in every process."""
    return random.Random("/".join(str(part) for part in (seed, *name)))


def gong_id(rng: random.Random, digits: int | None = None) -> str:
    """A decimal id of 17 to 20 digits (Gong's OpenAPI: up to 20), mostly 19 as seen live."""
    if digits is None:
        draw = rng.random()
        digits = 17 if draw < 0.03 else 18 if draw < 0.15 else 20 if draw > 0.94 else 19
    if digits == 20:
        return str(rng.randint(10**19, TOP_OF_TWENTY_DIGITS))
    return str(rng.randint(10 ** (digits - 1), 10**digits - 1))


def single(value: float) -> float:
    """A double that went through single precision, as outline times do (seen live)."""
    noisy: float = struct.unpack("f", struct.pack("f", value))[0]
    return noisy
