"""Workers of a dask cluster as an executor; needs the extra ``analog-pc[dask]``.

::

    dask scheduler                                   # tells its ADDRESS, tcp://...:8786
    dask worker ADDRESS --nthreads 1 --nworkers 4    # on every machine, with the same analog_pc installed
    analog-pc study FILE.toml --engine dask --scheduler ADDRESS

Chunks go to the workers, rows come back to the client, which alone writes: no shared folder is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from analog_pc.errors import BadInput

SECONDS = 10.0  # that a scheduler may take to answer


class ClusterExecutor(Executor):
    """The executor of a dask client, which knows when its scheduler has gone: dask leaves futures pending."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._executor = client.get_executor(pure=False)

    @property
    def lost(self) -> bool:
        """Whether the client has given up its scheduler."""
        return self._client.status in ("closing", "closed")

    def submit(self, work: Callable[..., Any], /, *args: Any, **more: Any) -> Future[Any]:
        """As of any executor; `RuntimeError` once the scheduler has gone."""
        if self.lost:
            raise RuntimeError("the scheduler has gone")
        found: Future[Any] = self._executor.submit(work, *args, **more)
        return found


@contextmanager
def dask_executor(address: str) -> Iterator[tuple[Executor, int]]:
    """An executor of the scheduler at an address, and how many workers it has.

    Parameters
    ----------
    address
        Such as "tcp://10.0.0.1:8786".

    Raises
    ------
    BadInput
        Where dask.distributed is not installed, the scheduler does not answer, or has no worker.
    """
    client = _client(address)
    try:
        workers = len(client.scheduler_info(n_workers=-1)["workers"])
        if not workers:
            raise BadInput(
                f"--scheduler {address}: has no worker: start 'dask worker {address} --nthreads 1'"
            )
        yield ClusterExecutor(client), workers
    finally:
        client.close(timeout=SECONDS)


def _client(address: str) -> Any:
    try:
        distributed = import_module("distributed")
    except ImportError:
        raise BadInput("--engine dask: needs dask.distributed: pip install 'analog-pc[dask]'") from None
    try:
        return distributed.Client(address, timeout=SECONDS, set_as_default=False)
    except (OSError, ValueError) as fault:
        why = str(fault).strip().splitlines()
        raise BadInput(
            f"--scheduler {address}: cannot be reached: {why[0] if why else type(fault).__name__}"
        ) from None
