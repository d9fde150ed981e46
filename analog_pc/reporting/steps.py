"""Which steps of a long analysis to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analog_pc.errors import BadInput


def chosen_steps(
    names: Sequence[str],
    skip: Sequence[str] = (),
    only: Sequence[str] = (),
    needs: Mapping[str, Sequence[str]] | None = None,
) -> tuple[str, ...]:
    """The steps to do, in their order.

    Parameters
    ----------
    names
        All steps.
    skip, only
        Steps to leave out, or the only ones to do; not both.
    needs
        Step -> steps that it builds on: `only` does them too, and with one of them `skip` leaves it out.

    Raises
    ------
    BadInput
        For an unknown step, both choices at once, or when no step is left.
    """
    whole = {name: {name, *(needs or {}).get(name, ())} for name in names}
    for name in (*skip, *only):
        if name not in whole:
            raise BadInput(f"unknown step {name!r}: use one or more of {', '.join(names)}")
    if skip and only:
        raise BadInput("steps: give those to --skip or the --only ones to do, not both")
    wanted = set().union(*(whole[name] for name in only or names))
    found = tuple(name for name in names if name in wanted and not whole[name] & set(skip))
    if not found:
        raise BadInput(f"steps: every one of {', '.join(names)} is skipped, nothing is left to do")
    return found
