"""Lines of a verification with real parts: within a terminal, numbers beside their units."""

from __future__ import annotations

import pytest

from analog_pc.cli.real_lines import WIDTH, banners, table_of
from analog_pc.nonideality.results import (
    Departure,
    Judgement,
    RealPhase,
    RealVerification,
    Row,
    State,
    StepRecord,
)


def departure(rms: float, seed: int = 0) -> Departure:
    return Departure(seed, rms, 3.0 * rms, 0.9, float("nan"), {"converged": 3}, 3, 0)


def verified(*phases: RealPhase, state: State = State.DONE) -> RealVerification:
    record = StepRecord("table", "predict", state)
    return RealVerification(
        title="t", non_idealities=(), phases=phases, parts=(), versions={}, classes=3, steps=(record,)
    )


@pytest.mark.parametrize("phase", ["predict", "learn"])
def test_a_table_fits_a_terminal(phase: str) -> None:
    rows = (
        Row(phase, "everything on", (departure(1.234e-10), departure(9.9e10, 1))),
        Row(phase, "stuck and open cells", (departure(float("nan")),)),
    )
    lines = table_of(RealPhase(phase=phase, samples=3, rows=rows)).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert len([line for line in lines if line.strip()]) == 2 + len(rows), "a line a row"
    assert lines[4].split()[-4:] == ["-", "-", "0.9000" if phase == "predict" else "-", "1"]


def test_banners_say_what_was_judged() -> None:
    judged = Judgement("predict", 0, 1e-9, 1e-6, "", 1.0)
    said = banners(verified(RealPhase(phase="predict", samples=3, judgements=(judged,))))
    assert "SPICE agrees with native: PASS, 1.0e-09 of full scale in 1 operating point" in said
    assert any(line.startswith("The network still works: NOT JUDGED") for line in said)
    missing = RealPhase(phase="learn", samples=3)
    said = banners(verified(RealPhase(phase="predict", samples=3, judgements=(judged,)), missing))
    assert any(line.startswith("SPICE agrees with native: NOT JUDGED") for line in said)
    assert not any("PARTIAL" in line for line in said)


def test_a_report_that_is_partial_says_so_first() -> None:
    said = banners(verified(RealPhase(phase="predict", samples=3), state=State.OVER_TIME))
    assert said[1].startswith("PARTIAL REPORT")
