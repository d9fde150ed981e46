"""What `analog-pc verify` does with a network: the circuit against the reference, or real parts."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from analog_pc.arrays import Floats, Ints
from analog_pc.cli.options import progress_bar
from analog_pc.cli.training import HIDDEN, LEARNING_RATES, train_network
from analog_pc.cli.verify_real import RealTask, verify_real_parts
from analog_pc.compiler import load_stimuli
from analog_pc.errors import BadInput
from analog_pc.files import read_npz
from analog_pc.nonideality import chosen_steps
from analog_pc.pcn import PredictiveCodingNetwork, random_network
from analog_pc.pcn.network_file import load_network
from analog_pc.results import write_waveform
from analog_pc.simulators import Ngspice, Simulator, Vacask
from analog_pc.technology import Technology
from analog_pc.technology.non_idealities import present
from analog_pc.training import TrainingConfig, accuracy, load_dataset
from analog_pc.verification import PHASES, Verification, check_phases, verify_network
from analog_pc.verification.netlists import write_sample_netlist
from analog_pc.verification.report import write_report


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of the command, by their names there."""

    network: Path | None
    data: str | None
    samples: int
    phases: str | None
    transient: bool
    technology: Technology
    seed: int
    cross_check: int
    reference: str | None
    seeds: int
    skip: str | None
    only: str | None
    time_limit: float
    timeout: float
    out: Path

    @property
    def real(self) -> bool:
        """Whether the technology has non-idealities."""
        return bool(present(self.technology))


@dataclass(frozen=True, eq=False, kw_only=True)
class Task:
    """What is verified: checked, and with stimuli."""

    network: PredictiveCodingNetwork
    inputs: Floats
    targets: Floats | None
    phases: tuple[str, ...]
    simulator: Simulator
    title: str
    facts: dict[str, str]


def run(options: Options) -> int:
    """Verify, print, write report and netlists; the exit code."""
    if not options.time_limit > 0.0:
        raise BadInput(f"--time-limit {options.time_limit!r} s, must be > 0")
    steps = _steps(options.skip, options.only, options.real)
    judged = options.cross_check if "cross-check" in steps else 0
    simulator = _simulator(options)
    if judged or not options.real:
        simulator.version()  # before any long work: is it there?
    net = load_network(options.network) if options.network is not None else None
    net, inputs, targets, facts = _stimuli(net, options.data, options.seed)
    phases = _phases(options.phases, targets is not None)
    _refuse_unmakeable(options.out / "netlists")
    stale = [f"waveform-{phase}.{kind}" for phase in PHASES for kind in ("csv", "npz")]
    for name in ("report.html", "report.json", *stale):
        (options.out / name).unlink(missing_ok=True)
    called = options.network.name if options.network else facts["data"]
    task = Task(
        network=net,
        inputs=inputs[: options.samples],
        targets=None if targets is None else targets[: options.samples],
        phases=phases,
        simulator=simulator,
        title=f"{called}: {'-'.join(map(str, net.sizes))}",
        facts=facts,
    )
    return _real(options, task, steps, judged) if options.real else _ideal(options, task)


def _simulator(options: Options) -> Simulator:
    """The simulator that solves ideal parts, or cross-checks real ones."""
    timeout = min(options.timeout, options.time_limit) if options.real else options.timeout
    vacask = Vacask(timeout=timeout)
    asked = options.reference
    by_vacask = options.real and (asked == "vacask" or (asked is None and vacask.available()))
    return vacask if by_vacask else Ngspice(timeout=timeout)


def _real(options: Options, task: Task, steps: tuple[str, ...], judged: int) -> int:
    asked = RealTask(
        network=task.network,
        technology=options.technology,
        inputs=task.inputs,
        targets=task.targets,
        labels=_labels(task.targets),
        simulator=task.simulator,
        phases=task.phases,
        steps=steps,
        judged=judged,
        seeds=options.seeds,
        seed=options.seed,
        time_limit=options.time_limit,
        title=task.title,
        facts=task.facts,
        network_file=options.network,
        out=options.out,
    )
    return verify_real_parts(asked)


def _ideal(options: Options, task: Task) -> int:
    out = options.out
    with progress_bar() as (bar, shown):
        found = verify_network(
            task.network,
            options.technology,
            task.inputs,
            task.targets,
            task.simulator,
            phases=task.phases,
            transient=options.transient,
            title=task.title,
            facts=task.facts,
            progress=lambda text: bar.update(shown, description=text),  # type: ignore[arg-type]
        )
        bar.update(shown, description="netlists and report")  # type: ignore[arg-type]
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


def _steps(skip: str | None, only: str | None, real: bool) -> tuple[str, ...]:
    """The steps to do, checked before anything is computed."""
    if not real and (skip is not None or only is not None):
        raise BadInput(
            "--skip and --only choose steps with real parts: give --technology with non-idealities"
        )
    return chosen_steps(_listed(skip), _listed(only))


def _listed(text: str | None) -> tuple[str, ...]:
    return () if text is None else tuple(part.strip() for part in text.split(","))


def _refuse_unmakeable(folder: Path) -> None:
    """Refuse a folder that cannot be made, before any long work.

    Only making it shows that; what was made goes again, so that a command that is interrupted leaves nothing.
    """
    missing: list[Path] = []
    try:
        missing = [place for place in (folder, *folder.parents) if not place.exists()]
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise BadInput(f"--out {folder.parent}: cannot be made: {fault.strerror or fault}") from None
    finally:
        for place in missing:
            with suppress(OSError):  # it was not made, or another program has put something there
                place.rmdir()


def _labels(targets: Floats | None) -> Ints | None:
    """The true class of every sample where the targets are one-hot; None where they say more, or nothing."""
    if targets is None:
        return None
    one_hot = ((targets == 0.0) | (targets == 1.0)).all() and (targets.sum(axis=1) == 1.0).all()
    return targets.argmax(axis=1) if one_hot else None


def _phases(text: str | None, can_learn: bool) -> tuple[str, ...]:
    """The phases to run, checked before anything is written."""
    chosen = tuple(text.split(",")) if text is not None else (PHASES if can_learn else PHASES[:1])
    check_phases(chosen, can_learn)
    return chosen


def _stimuli(
    net: PredictiveCodingNetwork | None, data: str | None, seed: int
) -> tuple[PredictiveCodingNetwork, Floats, Floats | None, dict[str, str]]:
    """The network (trained if none was given), its stimuli, and what the report says of them."""
    if net is not None and data is not None and _is_stimuli(data):
        inputs, targets = load_stimuli(Path(data), net)
        return net, inputs, targets, {"data": Path(data).name}
    dataset = load_dataset(data or "digits", seed)
    if net is None:
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
        "test accuracy": f"{100.0 * right:.2f} %",
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
        waves = phase.transient.comparisons if phase.transient else ()
        for c in (*phase.comparisons, *waves):
            table.add_row(
                phase.phase,
                c.quantity,
                f"{c.residual:.2e}",
                f"{c.tolerance:.2e}",
                "pass" if c.passed else "FAIL",
            )
    console = Console(width=max(80, min(100, Console().width)))
    console.print(table)
    for phase in found.phases:
        for note in (
            *phase.notes,
            *(() if phase.circuit.relaxation.all_converged else (phase.circuit.relaxation.message,)),
        ):
            console.print(f"{phase.phase}: {note}", markup=False, highlight=False)
        low = float(np.min(phase.curvature))
        if low <= 0.0:
            console.print(
                f"{phase.phase}: a sample rests on a saddle of E (smallest eigenvalue {low:.2g})",
                markup=False,
            )
    console.print(f"report: {out / 'report.html'}", markup=False, highlight=False)
