"""What a user sets of the native simulator."""

from __future__ import annotations

from typing import NamedTuple


class Options(NamedTuple):
    """See `Native` for the meaning; limits in s, None: no limit."""

    check_stability: bool
    time_limit: float | None
    transient_limit: float | None
