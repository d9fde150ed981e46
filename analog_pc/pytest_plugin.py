"""pytest: the fixture `assert_circuit_matches`.

Every run of pytest in an environment with analog_pc loads this module, so it imports nothing but pytest; the
rest comes with the first netlist.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from analog_pc.verification.netlist_check.check import NetlistCheck


class AssertCircuitMatches(Protocol):
    """What the fixture gives a test."""

    def __call__(
        self,
        netlist: Path | str,
        probes: Path | str | None = None,
        *,
        tolerance: float | None = None,
        timeout: float = 600.0,
        ngbehavior: str | None = None,
    ) -> NetlistCheck: ...


@pytest.fixture(scope="session")
def assert_circuit_matches() -> AssertCircuitMatches:
    """Assert that ngspice finds the expected voltages in a netlist.

    ``assert_circuit_matches(netlist, probes=None, *, tolerance=None, timeout=600.0, ngbehavior=None)`` takes
    what ``analog-pc verify --netlist`` takes: `probes` is ``probes.json`` beside the netlist by default,
    `tolerance` a fraction of full scale, `timeout` in seconds.  It returns the check, node by node.

    An `AssertionError` names the nodes that differ and the source of the deviation.  A netlist that cannot be
    checked is one too: a test that has shown nothing must not be green.
    """
    return _assert_circuit_matches


def _assert_circuit_matches(
    netlist: Path | str,
    probes: Path | str | None = None,
    *,
    tolerance: float | None = None,
    timeout: float = 600.0,
    ngbehavior: str | None = None,
) -> NetlistCheck:
    __tracebackhide__ = True  # pytest shows the line of the test
    from analog_pc.verification.netlist_check.check import Verdict, check_netlist
    from analog_pc.verification.netlist_check.report import summary

    where = None if probes is None else Path(probes)
    check = check_netlist(Path(netlist), where, tolerance=tolerance, timeout=timeout, ngbehavior=ngbehavior)
    if check.verdict is not Verdict.PASS:
        raise AssertionError(summary(check))
    return check
