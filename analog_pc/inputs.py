"""Files that a command has read: it does not write or remove them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from analog_pc.errors import BadInput

_inputs: ContextVar[set[Path] | None] = ContextVar("inputs", default=None)


@contextmanager
def inputs_kept() -> Iterator[None]:
    """Inside, a file that was read is neither written nor removed by `analog_pc.files`: `BadInput` names it.

    For commands, which never mean to; a library call outside may read a file and write it again.
    """
    token = _inputs.set(set())
    try:
        yield
    finally:
        _inputs.reset(token)


def note_input(path: Path) -> None:
    """Note a file that is read other than by `analog_pc.files`."""
    found = _inputs.get()
    if found is not None:
        found.add(path.resolve())


def forget_input(path: Path) -> None:
    """Permit to write a file that was read: what the program itself keeps there, such as a checkpoint."""
    found = _inputs.get()
    if found is not None:
        found.discard(path.resolve())


def is_input(path: Path) -> bool:
    """Whether the file has been read inside `inputs_kept`."""
    return path.resolve() in (_inputs.get() or ())


def refuse_inputs(folder: Path, names: Iterable[str]) -> None:
    """Refuse files of a folder that are to be written or removed, if one of them was read."""
    for name in names:
        if is_input(folder / name):
            raise BadInput(
                f"{folder / name}: is read by this command and would be overwritten; give another --out"
            )
