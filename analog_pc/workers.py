"""Worker processes that end with the process that started them."""

from __future__ import annotations

import os
import signal
import time
from threading import Thread

_GLANCE = 0.5  # seconds between two looks at who the parent is


def begin_worker(parent: int) -> None:
    """A worker leaves Ctrl-C (all processes of a terminal get it) to its parent, and ends with it.

    Parameters
    ----------
    parent
        Process number of whoever started the worker.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """End this process once its parent is dead, which gives orphans another one.

    Not by the kernel's parent-death signal: that is sent when the *thread* that made the worker ends.
    """
    while os.getppid() == parent:
        time.sleep(_GLANCE)
    os.kill(os.getpid(), signal.SIGKILL)  # its own simulators end with it
