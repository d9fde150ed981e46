"""What `analog-pc testbench` does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from analog_pc.cli.output_folder import claimed
from analog_pc.cli.progress import progress_bar
from analog_pc.compiler import load_stimuli
from analog_pc.errors import BadInput
from analog_pc.pcn.network_file import load_network
from analog_pc.testbench import (
    EXAMPLES,
    ContinuousTestbench,
    Example,
    behavioural_model,
    build_testbench,
    compare_continuous,
    compare_with_model,
    compare_with_rule,
    flow_of,
    run_continuous,
    run_testbench,
    write_continuous_results,
    write_results,
)

FILES = ("testbench.cir", "waveforms.npz", "testbench.svg", "testbench.pdf", "result.json")


@dataclass(frozen=True, kw_only=True)
class TestbenchRequest:
    """The options of `analog-pc testbench`, by their names there."""

    network: Path | None
    example: str | None
    stimuli: Path | None
    lr: float | None
    weights: str
    precision: float
    out: Path

    __test__ = False  # not a test of pytest, whatever its name


def run_and_write(request: TestbenchRequest) -> bool:
    """Run a trial, write and print its result; whether circuit and behavioural model agree.

    Raises
    ------
    BadInput
        For options that contradict each other, and as `load_network` and `load_stimuli`.
    """
    _refuse_contradictions(request)
    with claimed(request.out, FILES, (request.network, request.stimuli)) as claim:
        example = _example(request)
        claim.begin()
        trial = _written if request.weights == "memristors" else _continuous
        return trial(example, request.precision, request.out)


def _refuse_contradictions(request: TestbenchRequest) -> None:
    if request.lr is not None and request.weights == "capacitors":
        raise BadInput(
            f"--lr {request.lr:g}: is for memristors; weights on capacitors learn as long as "
            "a target is shown"
        )
    if request.network is None and request.stimuli is not None:
        raise BadInput(f"--stimuli {request.stimuli}: is for a NET.npz, which was not given")
    if request.network is not None and request.example is not None:
        raise BadInput(f"--example {request.example} and {request.network}: give one or the other")
    if request.network is not None and request.stimuli is None:
        raise BadInput(f"{request.network}: give --stimuli, the sample to learn")


def _example(request: TestbenchRequest) -> Example:
    """The network, stimulus and learning rate that the options ask for."""
    if request.network is None or request.stimuli is None:
        chosen = EXAMPLES[request.example or "bear"]()
    else:
        net = load_network(request.network)
        inputs, targets = load_stimuli(request.stimuli, net)
        if targets is None:
            raise BadInput(f"{request.stimuli}: a testbench needs targets or labels")
        chosen = Example(net, inputs[0], targets[0], 0.1)
    return chosen if request.lr is None else chosen._replace(lr=request.lr)


@contextmanager
def _progress(seconds: float) -> Iterator[Callable[[float], None]]:
    """A bar over the time of the circuit."""
    with progress_bar(1) as bar:

        def show(reached: float) -> None:
            bar(f"ngspice: {1e6 * reached:.3g} of {1e6 * seconds:.3g} µs", reached / seconds)

        show(0.0)
        yield show


def _written(example: Example, precision: float, out: Path) -> bool:
    made = build_testbench(example.network, example.inputs, example.target, lr=example.lr)
    expected = behavioural_model(made)
    with _progress(made.schedule.duration) as show:
        result = run_testbench(made, precision=precision, watch=show)
    agreement = compare_with_model(made, result, expected)
    deviation = compare_with_rule(made, result, expected)
    paths = write_results(out, made, result, expected, agreement, deviation, precision)
    click.echo(
        f"{len(agreement.model)} conductances: largest change {_percent(agreement.largest_change)} of full "
        f"scale; circuit and behavioural model apart by {_percent(agreement.of_scale)} of full scale, "
        f"{_percent(agreement.of_change)} of the largest change: {_verdict(agreement.agrees)}"
    )
    click.echo(
        f"learning rate {made.lr:g}, in effect {deviation.lr:.3g}, "
        f"{deviation.angle:.3g} degrees from the ideal rule"
    )
    _print_outputs(
        target=made.target, before=deviation.before, after=deviation.again, **{"ideal rule": deviation.ideal}
    )
    _print_paths(paths)
    return agreement.agrees


def _continuous(example: Example, precision: float, out: Path) -> bool:
    made = ContinuousTestbench(example.network, example.inputs, example.target)
    with _progress(made.tau * made.duration) as show:
        found = run_continuous(made, precision=precision, watch=show)
    equation = flow_of(made, found.times)
    deviation = compare_continuous(made, found, equation)
    paths = write_continuous_results(out, made, found, equation, deviation, precision)
    click.echo(
        f"weights: largest change {deviation.largest_change:.3g}; circuit and equation apart by "
        f"{_percent(deviation.weights)} of it: {_verdict(deviation.agrees)}"
    )
    _print_outputs(target=example.target, before=deviation.before, after=deviation.again)
    _print_paths(paths)
    return deviation.agrees


def _print_outputs(**outputs: object) -> None:
    for label, values in outputs.items():
        click.echo(f"{label:>10}  {' '.join(f'{v:7.3f}' for v in values)}")  # type: ignore[attr-defined]


def _print_paths(paths: list[Path]) -> None:
    click.echo("\n".join(str(path) for path in paths))


def _percent(part: float) -> str:
    return f"{100.0 * part:.2g} %"


def _verdict(agrees: bool) -> str:
    return "they agree" if agrees else "they DISAGREE"
