"""Points to rows: what a worker does."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from analog_pc.compiled.threads import single_threaded_blas
from analog_pc.errors import AnalogPcError, one_line
from analog_pc.evaluation import Bench
from analog_pc.study.definition import Study
from analog_pc.study.point import Point, Row


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """The rows of a chunk, in its order, and the seconds that it took."""

    rows: tuple[Row, ...]
    seconds: float


_ONE_AT_A_TIME = Lock()  # chunks of one process: the number of BLAS threads is the whole process'


def evaluate_chunk(study: Study, points: Sequence[Point]) -> Evaluated:
    """Evaluate points one after the other; a point that fails is a row that says why.

    BLAS has one thread, so that a sum is the same on every machine of a cluster, and workers beside each
    other do not wait for each other's threads.

    Parameters
    ----------
    study
        What they are points of.
    points
        Of one chunk; each is evaluated by itself, so that rows do not depend on how points are chunked.
    """
    began = time.monotonic()
    with _ONE_AT_A_TIME, single_threaded_blas():
        rows = tuple(evaluate_point(study, point) for point in points)
    return Evaluated(rows=rows, seconds=time.monotonic() - began)


def evaluate_point(study: Study, point: Point) -> Row:
    """All measures of one point, or why there are none."""
    try:
        measured = measure_chip(study, study.bench(point))
    except (AnalogPcError, ArithmeticError, ValueError) as failure:  # numpy's LinAlgError is a ValueError
        return Row(key=point.key, measured={}, failed=one_line(str(failure) or type(failure).__name__))
    return Row(key=point.key, measured=measured)


def measure_chip(study: Study, bench: Bench) -> dict[str, float | int | None]:
    """All measures of the first chip of a bench."""
    measured: dict[str, float | int | None] = {}
    for one in study.measured:
        measured |= one.compute(bench)
    return measured
