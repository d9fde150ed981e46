"""Lines of a verification with real parts: within a terminal, numbers beside their units."""

from __future__ import annotations

import pytest

from analog_pc.cli.non_ideality_lines import WIDTH, banners, table_of
from analog_pc.nonideality.results import (
    ChipDeviation,
    CrossCheck,
    NonIdealityAnalysis,
    PhaseAnalysis,
    State,
    StepRecord,
    TableRow,
)


def chip(rms: float, seed: int = 0) -> ChipDeviation:
    outcomes = {"converged": 3}
    return ChipDeviation(seed=seed, rms=rms, largest=3.0 * rms, same_class=0.9, outcomes=outcomes, checked=3)


def verified(*phases: PhaseAnalysis, state: State = State.DONE) -> NonIdealityAnalysis:
    record = StepRecord("table", "predict", state)
    return NonIdealityAnalysis(
        title="t", non_idealities=(), phases=phases, parts=(), versions={}, classes=3, steps=(record,)
    )


@pytest.mark.parametrize("phase", ["predict", "learn"])
def test_a_table_fits_a_terminal(phase: str) -> None:
    rows = (
        TableRow(phase, "everything on", (chip(1.234e-10), chip(9.9e10, 1))),
        TableRow(phase, "stuck and open cells", (chip(float("nan")),)),
    )
    lines = table_of(PhaseAnalysis(phase=phase, samples=3, rows=rows)).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert len([line for line in lines if line.strip()]) == 2 + len(rows), "a line a row"
    assert lines[4].split()[-4:] == ["-", "-", "0.9000" if phase == "predict" else "-", "1"]


def test_banners_say_what_was_checked() -> None:
    check = CrossCheck("predict", 0, 1e-9, 1e-6, "", 1.0)
    said = banners(verified(PhaseAnalysis(phase="predict", samples=3, cross_checks=(check,))))
    assert "SPICE agrees with native: PASS, 1.0e-09 of full scale in 1 operating point" in said
    assert any(line.startswith("The network still works: UNKNOWN") for line in said)
    missing = PhaseAnalysis(phase="learn", samples=3)
    said = banners(verified(PhaseAnalysis(phase="predict", samples=3, cross_checks=(check,)), missing))
    assert any(line.startswith("SPICE agrees with native: NOT CHECKED") for line in said)
    assert not any("PARTIAL" in line for line in said)


def test_a_report_that_is_partial_says_so_first() -> None:
    said = banners(verified(PhaseAnalysis(phase="predict", samples=3), state=State.OVER_TIME))
    assert said[1].startswith("PARTIAL REPORT")
