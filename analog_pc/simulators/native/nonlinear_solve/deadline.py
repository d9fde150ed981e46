"""A limit on the time that a search may take."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Deadline:
    """So many seconds from now on; None: no limit."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self._end = None if seconds is None else time.monotonic() + seconds

    @property
    def left(self) -> float | None:
        """Seconds left, at least a millisecond; None: no limit."""
        return None if self._end is None else max(1e-3, self._end - time.monotonic())

    @property
    def passed(self) -> bool:
        return self._end is not None and time.monotonic() > self._end

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """What is done inside does not count: compiling, which takes its time once for an installation."""
        began = time.monotonic()
        yield
        if self._end is not None:
            self._end += time.monotonic() - began
