"""PySpice's remarks that are none: kept out of the caller's log, and nothing else is."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

# "Node name 'in' is a Python keyword"; "Unsupported Ngspice version 39"; every stderr line of
# ngspice, which the drivers read and judge themselves.
_LOGGERS = (
    "PySpice.Spice.Netlist.Node",
    "PySpice.Spice.NgSpice.Shared",
    "PySpice.Spice.NgSpice.Shared.NgSpiceShared",
    "PySpice.Spice.NgSpice.Shared.Vector",
)


@contextmanager
def quiet() -> Iterator[None]:
    """Switch PySpice's own loggers off for the length of a block."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, disabled in zip(loggers, before, strict=True):
            logger.disabled = disabled
