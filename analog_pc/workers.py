"""Worker processes that end with the process that started them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

from joblib.externals.loky import ProcessPoolExecutor

_GLANCE = 0.5  # seconds between two looks at who the parent is


@contextmanager
def worker_pool(count: int) -> Iterator[ProcessPoolExecutor]:
    """So many processes, which end at once where the block is left by an exception, Ctrl-C too.

    They are killed one by one: `shutdown(kill_workers=True)` ends loky's own thread with a traceback where
    calls still wait for a worker.
    """
    pool = ProcessPoolExecutor(count, initializer=begin_worker, initargs=(os.getpid(),))
    try:
        yield pool
    except BaseException:
        for process in list(pool._processes):
            with suppress(ProcessLookupError):  # it has ended by itself
                os.kill(process, signal.SIGKILL)
        pool.shutdown(wait=True)
        raise
    pool.shutdown(wait=True)


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
