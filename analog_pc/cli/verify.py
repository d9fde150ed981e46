"""`analog-pc verify`."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from analog_pc.arrays import Floats, Ints
from analog_pc.cli.options import FOLDER, NETWORK, progress_bar, technology_option
from analog_pc.cli.train import HIDDEN, LEARNING_RATES, train_network
from analog_pc.cli.verify_netlist import reported
from analog_pc.cli.verify_real import RealTask, verify_real_parts
from analog_pc.compiler import load_stimuli
from analog_pc.errors import BadInput
from analog_pc.files import read_npz
from analog_pc.pcn import PredictiveCodingNetwork, random_network
from analog_pc.pcn.network_file import load_network
from analog_pc.simulators import Ngspice, Simulator, Vacask
from analog_pc.technology import Technology
from analog_pc.technology.imperfections import present
from analog_pc.training import TrainingConfig, accuracy, load_dataset
from analog_pc.verify import PHASES, Verification, check_phases, verify_network
from analog_pc.verify.netlists import write_sample_netlist
from analog_pc.verify.real import STEP_NAMES, chosen_steps
from analog_pc.verify.report import write_report


@click.command()
@click.argument("network", required=False, type=NETWORK, metavar="[NET.npz]")
@click.option(
    "--data",
    help="Data set (digits, iris, wine, breast_cancer, npz or IDX file) or a stimuli npz.  [default: digits]",
)
@click.option(
    "--samples",
    default=100,
    show_default=True,
    type=click.IntRange(min=1),
    help="Stimuli, from the test part.",
)
@click.option("--phases", help="predict,learn or one of them.  [default: both; predict without targets]")
@click.option(
    "--transient", is_flag=True, help="Relax the first sample as a waveform too, against the reference ODE."
)
@technology_option
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(0, 2**32 - 1),
    help="Of the split, and of the network when none is given.",
)
@click.option(
    "--cross-check",
    "--judge",
    "judge",
    default=1,
    show_default=True,
    type=click.IntRange(min=0),
    help="Real parts: samples of each phase that a SPICE simulator gets, to check the native one.",
)
@click.option(
    "--reference",
    "--judged-by",
    "judged_by",
    type=click.Choice(["ngspice", "vacask"]),
    help="Real parts: which one.  [default: vacask where it is installed]",
)
@click.option(
    "--seeds",
    default=3,
    show_default=True,
    type=click.IntRange(min=1),
    help="Real parts: chips that random imperfections are drawn for.",
)
@click.option("--skip", metavar="STEP[,STEP]", help=f"Real parts: not these of {', '.join(STEP_NAMES)}.")
@click.option("--only", metavar="STEP[,STEP]", help="Real parts: these steps alone.")
@click.option(
    "--time-limit",
    default=60.0,
    show_default=True,
    type=click.FloatRange(min=0.0, min_open=True),
    help="Real parts: seconds that one step may take in one phase; it then keeps what it has.",
)
@click.option("--timeout", default=600.0, show_default=True, help="Seconds that one ngspice run may take.")
@click.option(
    "--out", default=Path("verify"), show_default=True, type=FOLDER, help="Folder of report and netlists."
)
@reported
def verify(
    network: Path | None,
    data: str | None,
    samples: int,
    phases: str | None,
    transient: bool,
    technology: Technology,
    seed: int,
    judge: int,
    judged_by: str | None,
    seeds: int,
    skip: str | None,
    only: str | None,
    time_limit: float,
    timeout: float,
    out: Path,
) -> None:
    """Compile a network, relax its circuit in ngspice, compare every node with the ideal reference.

    With a technology that has non-idealities: what do real parts do?  The native simulator compares them with
    ideal parts: first a table of everything on and each non-ideality alone, then the cross-check by SPICE on
    --cross-check samples, wires, power, modes, noise and transients.  Ctrl-C leaves a report marked partial.

    Without NET.npz a 64-32-10 sigmoid network is first trained on digits. Writes DIR/report.html,
    DIR/report.json and DIR/netlists. Exit code 0: within tolerance; 1: outside; 2: bad input or no ngspice;
    3: not judged, because no cross-check was asked for or SPICE gave no answer.

    \b
    With --netlist, a netlist that was written by 'netlist' or 'verify' and has been edited since
    (own amplifiers, parasitics) is run by ngspice as it is, and every node judged by the volts and
    tolerances of probes.json; exit code 3: not judged.
      analog-pc verify --netlist edited.cir --probes probes.json --junit verify.xml
    """
    real = bool(present(technology))
    steps = _steps(skip, only, real)
    if real:
        timeout = min(timeout, time_limit)
        judge = judge if "cross-check" in steps else 0
    vacask = Vacask(timeout=timeout)
    by_vacask = real and (judged_by == "vacask" or (judged_by is None and vacask.available()))
    simulator: Simulator = vacask if by_vacask else Ngspice(timeout=timeout)
    if judge or not real:
        simulator.version()  # before any long work: is it there?
    net = load_network(network) if network is not None else None
    net, inputs, targets, facts = _stimuli(net, data, seed)
    chosen = _phases(phases, targets is not None)
    _make_folder(out / "netlists")
    for stale in ("report.html", "report.json"):
        (out / stale).unlink(missing_ok=True)
    inputs, targets = inputs[:samples], None if targets is None else targets[:samples]
    title = f"{network.name if network else facts['data']}: {'-'.join(map(str, net.sizes))}"
    if real:
        asked = RealTask(
            network=net,
            technology=technology,
            inputs=inputs,
            targets=targets,
            labels=_labels(targets),
            simulator=simulator,
            phases=chosen,
            steps=steps,
            judged=judge,
            seeds=seeds,
            seed=seed,
            time_limit=time_limit,
            title=title,
            facts=facts,
            network_file=network,
            out=out,
        )
        raise SystemExit(verify_real_parts(asked))
    with progress_bar() as (bar, task):
        found = verify_network(
            net,
            technology,
            inputs,
            targets,
            simulator,
            phases=chosen,
            transient=transient,
            title=title,
            facts=facts,
            progress=lambda text: bar.update(task, description=text),  # type: ignore[arg-type]
        )
        bar.update(task, description="netlists and report")  # type: ignore[arg-type]
        for phase in found.phases:
            write_sample_netlist(out / "netlists" / phase.phase, phase.compiled, simulator, network)
        write_report(found, out)
    _print(found, out)
    raise SystemExit(0 if found.passed else 1)


def _steps(skip: str | None, only: str | None, real: bool) -> tuple[str, ...]:
    """The steps to do, checked before anything is computed."""
    if not real and (skip is not None or only is not None):
        raise BadInput(
            "--skip and --only choose steps with real parts: give --technology with non-idealities"
        )
    return chosen_steps(_listed(skip), _listed(only))


def _listed(text: str | None) -> tuple[str, ...]:
    return () if text is None else tuple(part.strip() for part in text.split(","))


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it; refuse in one line where that cannot be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise BadInput(f"--out {folder.parent}: cannot be made: {fault.strerror or fault}") from None


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
