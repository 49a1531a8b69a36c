"""With how many examples properties are tested: all, or a quarter under the profile `fast`.

`make test-fast` takes the quarter (`--hypothesis-profile fast`), every other target all of them.
"""

from __future__ import annotations

import hypothesis

_ALL = 100
"""Examples of a property that names no other number."""
_FEWEST = 5


def register_profiles() -> None:
    """Registers the profiles `thorough` and `fast`, and loads `thorough`."""
    # a loaded machine makes no property false
    hypothesis.settings.register_profile("thorough", deadline=None, max_examples=_ALL)
    hypothesis.settings.register_profile("fast", deadline=None, max_examples=_ALL // 4)
    hypothesis.settings.load_profile("thorough")


def examples(count: int) -> int:
    """Returns how many of so many examples the profile in use takes."""
    if hypothesis.settings.get_current_profile_name() == "fast":
        return max(count // 4, min(count, _FEWEST))
    return count
