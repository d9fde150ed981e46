"""What `analog-pc verify` does with a network: the circuit against the reference, or real parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.table import Table

from analog_pc.arrays import Floats
from analog_pc.cli.console import table_console
from analog_pc.cli.non_idealities import analyse_and_write
from analog_pc.cli.options import listed
from analog_pc.cli.output_folder import Claim, claimed, claimed_files
from analog_pc.cli.progress import progress_bar
from analog_pc.cli.training import HIDDEN, LEARNING_RATES, train_network
from analog_pc.cli.verify_netlist import report_to_ci
from analog_pc.cli.verify_task import Task, VerifyOptions
from analog_pc.compiler import load_stimuli
from analog_pc.errors import BadInput
from analog_pc.files import read_npz
from analog_pc.nonideality import STEP_NAMES
from analog_pc.pcn import PredictiveCodingNetwork, random_network
from analog_pc.pcn.network_file import load_network
from analog_pc.reporting.steps import chosen_steps
from analog_pc.results import write_waveform
from analog_pc.simulators import Ngspice, Simulator, Vacask
from analog_pc.training import TrainingConfig, accuracy, load_dataset
from analog_pc.verification import PHASES, Verification, check_phases, verify_network
from analog_pc.verification.netlists import write_sample_netlist
from analog_pc.verification.report import write_report
from analog_pc.verification.results import PhaseResult

STALE = (
    *(f"waveform-{phase}.{kind}" for phase in PHASES for kind in ("csv", "npz")),
    "summary.md",  # of a checked netlist
    "report.html",
    "report.json",
)


def run(options: VerifyOptions, junit: Path | None = None) -> int:
    """Verify, print, write report and netlists; the exit code."""
    if not options.time_limit > 0.0:
        raise BadInput(f"--time-limit {options.time_limit!r} s, must be > 0")
    steps = _steps(options)
    if options.phases is not None:
        check_phases(tuple(options.phases.split(",")), True)
    inputs = (options.network, options.data)
    with (
        claimed(options.out, STALE, inputs) as folder,
        claimed(options.out / "netlists"),
        claimed_files({"--junit": junit}, withdrawn=True) as file,
    ):
        claim = Claim(folder.earlier + file.earlier)
        task = _task(options, steps, claim)
        try:
            code = analyse_and_write(task) if options.non_ideal else _verify(task)
            report_to_ci(options.out, junit)
        except BadInput:  # a full disk, say
            claim.begin()
            raise
    return code


def _task(options: VerifyOptions, steps: tuple[str, ...], claim: Claim) -> Task:
    """Network and stimuli, read and checked; the work begins with the training of a network."""
    simulator = _simulator(options)
    if not options.non_ideal or (options.cross_check and "cross-check" in steps):
        simulator.version()  # before any long work: is it there?
    net = load_network(options.network) if options.network is not None else None
    net, inputs, targets, facts = _stimuli(net, options.data, options.seed, claim)
    phases = _phases(options.phases, targets is not None)
    claim.begin()
    called = options.network.name if options.network else facts["data"]
    return Task(
        options=options,
        network=net,
        inputs=inputs[: options.samples],
        targets=None if targets is None else targets[: options.samples],
        phases=phases,
        steps=steps,
        simulator=simulator,
        title=f"{called}: {'-'.join(map(str, net.sizes))}",
        facts=facts,
    )


def _simulator(options: VerifyOptions) -> Simulator:
    """The simulator that solves ideal parts, or the reference of a cross-check."""
    if not options.non_ideal:
        return Ngspice(timeout=options.timeout)
    timeout = min(options.timeout, options.time_limit)
    vacask = Vacask(timeout=timeout)
    asked = options.reference
    use_vacask = asked == "vacask" or (asked is None and vacask.available())
    return vacask if use_vacask else Ngspice(timeout=timeout)


def _verify(task: Task) -> int:
    options = task.options
    out = options.out
    with progress_bar() as bar:
        found = verify_network(
            task.network,
            options.technology,
            task.inputs,
            task.targets,
            task.simulator,
            phases=task.phases,
            transient=options.transient,
            progress=bar,
        )
        found = replace(found, title=task.title, facts=found.facts | task.facts)
        bar("netlists and report")
        for phase in found.phases:
            folder = out / "netlists" / phase.phase
            write_sample_netlist(folder, phase.compiled, task.simulator, options.network)
        write_report(found, out)
        waveforms = _waveforms(found, out)
    _print(found, out)
    for path in waveforms:
        print(path)
    return 0 if found.passed else 1


def _waveforms(found: Verification, out: Path) -> list[Path]:
    """The transient of each phase as CSV and npz, where there is one."""
    written: list[Path] = []
    for phase in found.phases:
        if phase.transient is not None:
            name = f"waveform-{phase.phase}"
            written += write_waveform(out, name, phase.transient.waveform, phase.compiled)
    return written


def _steps(options: VerifyOptions) -> tuple[str, ...]:
    """The steps to do, checked before anything is computed."""
    if not options.non_ideal and (options.skip is not None or options.only is not None):
        raise BadInput(
            "--skip and --only choose steps with real parts: give --technology with non-idealities"
        )
    return chosen_steps(STEP_NAMES, listed(options.skip), listed(options.only))


def _phases(text: str | None, can_learn: bool) -> tuple[str, ...]:
    """The phases to run, checked before anything is written."""
    chosen = tuple(text.split(",")) if text is not None else (PHASES if can_learn else PHASES[:1])
    check_phases(chosen, can_learn)
    return chosen


def _stimuli(
    net: PredictiveCodingNetwork | None, data: str | None, seed: int, claim: Claim
) -> tuple[PredictiveCodingNetwork, Floats, Floats | None, dict[str, str]]:
    """The network (trained if none was given), its stimuli, and what the report says of them."""
    if net is not None and data is not None and _is_stimuli(data):
        inputs, targets = load_stimuli(Path(data), net)
        return net, inputs, targets, {"data": Path(data).name}
    dataset = load_dataset(data or "digits", seed)
    measured = "accuracy on these samples"  # some of which a network that is given may have learned
    if net is None:
        claim.begin()
        measured = "test accuracy"
        start = random_network((dataset.train_inputs.shape[1], HIDDEN, dataset.classes), seed=seed)
        net = train_network(dataset, start, TrainingConfig(lr=LEARNING_RATES["sigmoid"], seed=seed))
    shape = (dataset.test_inputs.shape[1], dataset.classes)
    if (net.sizes[0], net.sizes[-1]) != shape:
        raise BadInput(
            f"the network has {net.sizes[0]} inputs and {net.sizes[-1]} outputs, data {dataset.name!r} has "
            f"{shape[0]} and {shape[1]}: choose other --data"
        )
    right = accuracy(net, dataset.test_inputs, dataset.test_labels)
    facts = {
        "data": f"{dataset.name}, test part",
        "seed": str(seed),
        measured: f"{100.0 * right:.2f} %",
    }
    return net, dataset.test_inputs, dataset.one_hot(dataset.test_labels), facts


def _is_stimuli(data: str) -> bool:
    """An npz with inputs is a batch of stimuli; one with images is a data set."""
    return Path(data).suffix == ".npz" and "inputs" in read_npz(Path(data))


def _print(found: Verification, out: Path) -> None:
    table = Table(title=f"{found.title}: {'PASS' if found.passed else 'FAIL'}")
    for heading in ("phase", "quantity", "residual / full scale", "tolerance", "verdict"):
        table.add_column(heading)
    for phase in found.phases:
        for c in phase.all_comparisons:
            verdict = "pass" if c.passed else "FAIL"
            table.add_row(phase.phase, c.quantity, f"{c.residual:.2e}", f"{c.tolerance:.2e}", verdict)
    console = table_console(100)
    console.print(table)
    for phase in found.phases:
        for note in _notes(phase):
            console.print(f"{phase.phase}: {note}")
    console.print(f"report: {out / 'report.html'}")


def _notes(phase: PhaseResult) -> Iterator[str]:
    yield from phase.notes
    if not phase.circuit.relaxation.all_converged:
        yield phase.circuit.relaxation.message
    lowest = float(np.min(phase.curvature))
    if lowest <= 0.0:
        yield f"a sample is at a saddle of E (smallest eigenvalue {lowest:.2g})"
