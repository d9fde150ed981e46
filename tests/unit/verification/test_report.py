"""The report of a verification: what it says, that it is whole, and that it needs nothing else."""

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analog_pc import files
from analog_pc.compiler import Waveform, compile_network
from analog_pc.errors import BadInput
from analog_pc.pcn import Equilibrium, random_network, relax
from analog_pc.reporting.figures import svg
from analog_pc.technology import technology
from analog_pc.verification import report as report_module
from analog_pc.verification.report import figures, write_report
from analog_pc.verification.report.json_report import report_dict
from analog_pc.verification.report.page import rows_of, summary
from analog_pc.verification.report.schematic import schematic
from analog_pc.verification.results import Comparison, Part, PhaseResult, TransientResult, Verification

QUANTITIES = ("x", "mu", "eps", "energy", "dW")
HOSTILE = "<script>alert('x')</script> & \"quoted\" </title>"


def noisy(layers, rng, size=1e-9):
    return tuple(a + size * rng.standard_normal(a.shape) for a in layers)


def make_transient(ideal, rng, level=1e-9):
    times = np.linspace(0.0, 20.0, 41)
    decay = 1.0 - 0.5 * np.exp(-times)[:, None]
    reference = tuple(decay * a[0] for a in ideal.activities)
    energy = ideal.energy[0] * (1.0 + np.exp(-times))
    empty = tuple(np.zeros((len(times), a.shape[1])) for a in ideal.eps)
    waveform = Waveform(times, noisy(reference, rng, level), empty, empty, energy + level)
    comparisons = (
        Comparison("waveform", 1e-7, 1.0, 1e-4),
        Comparison("end", 1e-8, 1.0, 1e-6),
        Comparison("energy_rise", 0.0, 1.0, 1e-6),
    )
    return TransientResult(0, "forward", waveform, reference, energy, comparisons, 0.01, 4.6e-7, 4.7e-7, 0.2)


def make_phase(name="learn", sizes=(3, 4, 2), transient=True):
    rng = np.random.default_rng(0)
    net = random_network(sizes, "tanh", seed=1)
    inputs = rng.standard_normal((5, sizes[0]))
    targets = rng.standard_normal((5, sizes[-1])) if name == "learn" else None
    ideal = relax(net, inputs, targets)
    circuit = Equilibrium(
        noisy(ideal.activities, rng),
        noisy(ideal.predictions, rng),
        noisy(ideal.eps, rng),
        noisy(ideal.rates, rng),
        ideal.energy + 1e-9,
        ideal.relaxation,
    )
    return PhaseResult(
        name,
        compile_network(net, technology("ideal"), inputs, targets),
        ideal,
        circuit,
        tuple(Comparison(q, 1e-9, 2.0, 1e-7) for q in QUANTITIES if name == "learn" or q != "dW"),
        np.full(5, 0.3),
        (3,) if name == "learn" else (),
        ("A note <b>for</b> a person.",),
        1.5,
        make_transient(ideal, rng) if transient else None,
    )


def make_verification(**changes):
    parts = (Part("op-amp", 6, "A0 = 1e9"), Part("conductance <pair>", 44, "1 to 100 uS"))
    phases = (make_phase("predict", transient=False), make_phase("learn"))
    verification = Verification("A tiny network", phases, parts, {"numpy": "2"}, {"seed": "1"})
    return replace(verification, **changes)


def with_residual(residual, tolerance=1e-7):
    phase = make_phase()
    worst = Comparison("mu", residual, 1.0, tolerance)
    return make_verification(phases=(replace(phase, comparisons=(worst, *phase.comparisons[2:])),))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report") / "deep" / "folder"
    write_report(make_verification(title=HOSTILE), folder)
    return folder


@pytest.fixture(scope="module")
def page(written):
    return (written / "report.html").read_text(encoding="utf-8")


def test_folder_holds_the_two_files_and_nothing_else(written):
    assert sorted(p.name for p in written.iterdir()) == ["report.html", "report.json"]


def test_json_says_what_was_found(written):
    report = json.loads((written / "report.json").read_text(encoding="utf-8"))
    assert report["passed"] is True
    assert report["title"] == HOSTILE
    assert report["facts"] == {"seed": "1"}
    assert report["versions"] == {"numpy": "2"}
    assert report["parts"][0] == {"name": "op-amp", "count": 6, "value": "A0 = 1e9"}
    learn = report["phases"]["learn"]
    assert learn == report["phases"]["learn"]
    assert report["phases"]["predict"] == report["phases"]["predict"]
    assert learn["residuals"] == dict.fromkeys(QUANTITIES, 1e-9)
    assert learn["tolerances"] == dict.fromkeys(QUANTITIES, 1e-7)
    assert learn["scales"] == dict.fromkeys(QUANTITIES, 2.0)
    assert learn["passed"]
    assert learn["converged"]
    assert learn["relaxed"] == [3]
    assert learn["notes"] == ["A note <b>for</b> a person."]
    assert learn["smallest_curvature"] == 0.3
    transient = learn["transient"]
    assert transient["residuals"] == {"waveform": 1e-7, "end": 1e-8, "energy_rise": 0.0}
    assert transient["tolerances"]["end"] == 1e-6
    assert (transient["settling_measured"], transient["settling_theory"]) == (4.6e-7, 4.7e-7)
    assert report["phases"]["predict"]["transient"] is None
    assert "dW" not in report["phases"]["predict"]["residuals"]


def test_a_phase_cannot_take_the_place_of_the_verdict():
    verification = make_verification(phases=(replace(make_phase(), phase="passed"),))
    report = report_dict(verification)
    assert report["passed"] is True
    assert "residuals" in report["phases"]["passed"]


def test_page_needs_nothing_else(page):
    assert not re.findall(r'\b(?:src|href)\s*=\s*"(?!#)', page)
    assert not re.findall(r"url\((?!#)", page)
    assert "@import" not in page
    assert "<script" not in page
    assert "<link" not in page
    addresses = set(re.findall(r'https?://[^"\s<>]+', page))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_ids_are_unique_and_references_meet_them(page):
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) | set(re.findall(r"url\(#([^)]+)\)", page)) <= set(ids)


def test_what_users_write_is_escaped(page):
    assert "alert('x')" not in page
    assert "&lt;script&gt;" in page
    assert "conductance &lt;pair&gt;" in page
    assert "A note &lt;b&gt;for&lt;/b&gt;" in page


def test_page_shows_verdict_tables_and_figures(page):
    assert 'class="verdict pass"' in page
    assert "<strong>PASS</strong>" in page
    assert "all 12 comparisons" in page
    assert page.count("<svg") == 6  # margins, parity twice, settling, energy, schematic
    assert "ngspice -b -r out.raw network.cir" in page
    assert "1.0 \u00d7 10⁻⁹" in page
    assert "460 ns" in page


@pytest.fixture
def plain_page(monkeypatch):
    """A page without figures, which take most of the time."""
    monkeypatch.setattr(report_module, "render_page", lambda *_: "<html></html>")


@pytest.mark.parametrize("residual", [np.inf, -np.inf])
def test_an_infinite_residual_fails(residual):
    report = report_dict(with_residual(residual))
    assert report["passed"] is False
    assert report["phases"]["learn"]["residuals"]["mu"] is None


def test_a_residual_that_is_no_number_fails(tmp_path):
    write_report(with_residual(np.nan), tmp_path)
    text = (tmp_path / "report.json").read_text(encoding="utf-8")
    assert "NaN" not in text
    assert "Infinity" not in text
    report = json.loads(text)
    assert report["phases"]["learn"]["residuals"]["mu"] is None
    assert report["passed"] is False
    assert report["phases"]["learn"]["passed"] is False
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert 'class="verdict fail"' in page
    assert "not a number" in page


def test_an_infinite_tolerance_permits_nothing():
    report = report_dict(with_residual(1.0, np.inf))
    assert report["passed"] is False
    assert report["phases"]["learn"]["tolerances"]["mu"] is None
    assert "1 of 7 comparisons" in summary(report)


def test_a_residual_above_its_tolerance_is_named():
    report = report_dict(with_residual(1e-3))
    assert report["passed"] is False
    assert summary(report).endswith("miss their tolerance: mu (learn).")
    row = rows_of(report["phases"]["learn"])[0]
    assert row["margin"] == pytest.approx(1e-4)
    assert not row["passed"]


def test_samples_astray_are_named():
    phase = make_phase()
    relaxation = replace(phase.circuit.relaxation, converged=np.array([True] * 4 + [False]))
    phase = replace(phase, circuit=replace(phase.circuit, relaxation=relaxation))
    report = report_dict(make_verification(phases=(phase,)))
    assert report["passed"] is False
    assert report["phases"]["learn"]["converged"] is False
    assert "operating point in: learn" in summary(report)


def test_nothing_verified_is_no_pass(tmp_path):
    write_report(make_verification(phases=()), tmp_path)
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["passed"] is False
    assert "Nothing was compared" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_figure_that_fails_leaves_no_report(tmp_path, monkeypatch):
    for name in ("report.html", "report.json"):
        (tmp_path / name).write_text("of an earlier run", encoding="utf-8")

    def refuse(*_):
        raise RuntimeError("no ink")

    monkeypatch.setattr(figures, "parity", refuse)
    with pytest.raises(RuntimeError, match="no ink"):
        write_report(make_verification(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fails_leaves_no_report(tmp_path, monkeypatch, plain_page):
    def refuse(source, target):
        if Path(target).name == "report.json":
            raise OSError("disk full")
        real(source, target)

    real = os.replace
    monkeypatch.setattr(files.os, "replace", refuse)
    with pytest.raises(BadInput, match=r"report\.json: cannot be written: disk full"):
        write_report(make_verification(), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_json_comes_last(tmp_path, monkeypatch, plain_page):
    order, real = [], os.replace

    def note(source, target):
        assert Path(source).parent == Path(target).parent
        order.append(Path(target).name)
        real(source, target)

    monkeypatch.setattr(files.os, "replace", note)
    write_report(make_verification(), tmp_path)
    assert order == ["report.html", "report.json"]


@pytest.mark.parametrize(
    ("name", "sizes"), [("learn", (3, 2)), ("predict", (3, 2)), ("learn", (2, 3, 3, 3, 3, 2))]
)
def test_networks_of_any_depth_have_figures(tmp_path, name, sizes):
    write_report(make_verification(phases=(make_phase(name, sizes),)), tmp_path)
    assert (tmp_path / "report.json").exists()


def test_a_circuit_that_gave_no_numbers_still_has_a_report(tmp_path):
    phase = make_phase()
    nothing = tuple(np.full_like(a, np.nan) for a in phase.circuit.activities)
    waveform = replace(
        phase.transient.waveform, activities=tuple(w * np.nan for w in phase.transient.reference)
    )
    waveform = replace(waveform, energy=waveform.energy * np.nan)
    transient = replace(phase.transient, waveform=waveform, settling_measured=np.nan)
    circuit = replace(phase.circuit, activities=nothing, eps=tuple(a * np.nan for a in phase.circuit.eps))
    write_report(make_verification(phases=(replace(phase, circuit=circuit, transient=transient),)), tmp_path)
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["phases"]["learn"]["transient"]["settling_measured"] is None


def test_fast_settling_gets_a_logarithmic_axis():
    phase = make_phase()
    fast = replace(phase, transient=replace(phase.transient, settling_measured=2e-8))
    assert figures.settling(phase).axes[0].get_xscale() == "linear"
    assert figures.settling(fast).axes[-1].get_xscale() == "log"
    assert figures.energy(fast).axes[-1].get_xscale() == "log"


def test_figures_keep_their_hands_off_global_settings():
    import matplotlib

    before = dict(matplotlib.rcParams)
    figure = figures.parity(make_phase())
    assert figure.get_figwidth() == 7.0
    assert dict(matplotlib.rcParams) == before


def test_schematic_names_the_values_of_the_technology():
    drawing = svg(schematic(technology("ideal")), "schematic")
    assert drawing.startswith("<svg")
    assert drawing.endswith("</svg>")
    assert all(f"<!-- {label}" in drawing for label in ("1 µS … 100 µS", "$C$ = 1 pF", "$1/g_s$ = 100 kΩ"))
