"""How the memory of a run is given back: what is freed goes to the system, not to one allocator.

Pages are large, and each of a stream's threads makes and frees them. glibc's arenas, one per
thread, and Arrow's own allocator beside them each kept what they had needed once: 850 MB for a
backfill of 5,000 calls with two million sentences, instead of 510 at the same CPU time.
"""

from __future__ import annotations

import ctypes

_M_ARENA_MAX = -8
"""The number of this option in glibc's `malloc.h`."""
_ARENAS = 2


def share_one_allocator() -> None:
    """Makes all threads, and Arrow, allocate from the same few arenas."""
    import pyarrow as pa  # late: most commands do without it

    pa.set_memory_pool(pa.system_memory_pool())
    _call("mallopt", _M_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Gives memory that was freed back to the system, in some milliseconds."""
    _call("malloc_trim", 0)


def _call(name: str, *values: int) -> None:
    """Calls a function of glibc; other C libraries have neither it nor arenas."""
    function = getattr(ctypes.CDLL(None), name, None)
    if function is not None:
        function(*values)
