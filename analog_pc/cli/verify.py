"""`analog-pc verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from analog_pc.cli.choices import ANALYSIS_STEPS
from analog_pc.cli.command import PathOption, WholeNumber
from analog_pc.cli.compiling import CompiledCommand
from analog_pc.cli.options import FOLDER, NETWORK, Fraction, QuantityOf, refuse_overwriting, technology_option

FILE = PathOption(dir_okay=False)
REPORT_FILES = ((), ("report.html",), ("report.json",), ("summary.md",))  # () is the folder itself


@click.command(cls=CompiledCommand)
@click.argument("network", required=False, type=NETWORK, metavar="[NET.npz]")
@click.option(
    "--data",
    help="Data set (digits, iris, wine, breast_cancer, npz or IDX file) or a stimuli npz.  [default: digits]",
)
@click.option(
    "--samples",
    default=100,
    show_default=True,
    type=WholeNumber(min=1),
    help="Stimuli, from the test part.",
)
@click.option("--phases", help="predict,learn or one of them.  [default: both; predict without targets]")
@click.option(
    "--transient",
    is_flag=True,
    help="Relax the first sample as a waveform too, against the reference ODE; kept as CSV and npz.",
)
@technology_option
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=WholeNumber(0, 2**32 - 1),
    help="Of the split, and of the network when none is given.",
)
@click.option(
    "--cross-check",
    default=1,
    show_default=True,
    type=WholeNumber(min=0),
    help="Real parts: samples of each phase that SPICE simulates too, to check the native simulator.",
)
@click.option(
    "--reference",
    type=click.Choice(["ngspice", "vacask"]),
    help="Real parts: the SPICE simulator of the cross-check.  [default: vacask where it is installed]",
)
@click.option(
    "--seeds",
    default=3,
    show_default=True,
    type=WholeNumber(min=1),
    help="Real parts: chips that random non-idealities are drawn for.",
)
@click.option("--skip", metavar="STEP[,STEP]", help=f"Real parts: not these of {', '.join(ANALYSIS_STEPS)}.")
@click.option("--only", metavar="STEP[,STEP]", help="Real parts: these steps alone.")
@click.option(
    "--time-limit",
    default=60.0,
    show_default=True,
    type=QuantityOf("s"),
    help="Real parts: seconds that one step may take in one phase; it then keeps what it has.",
)
@click.option(
    "--timeout",
    default=600.0,
    show_default=True,
    type=QuantityOf("s"),
    help="Seconds that one ngspice run may take.",
)
@click.option(
    "--out", default=Path("verify"), show_default=True, type=FOLDER, help="Folder of report and netlists."
)
@click.option("--netlist", type=FILE, help="Check this netlist, edited in any way, and nothing else.")
@click.option("--probes", type=FILE, help="With --netlist: the reference.  [default: probes.json beside it]")
@click.option(
    "--tolerance", type=Fraction(), help="With --netlist: of full scale, instead of the probes' own."
)
@click.option("--ngbehavior", help="With --netlist: compatibility mode of ngspice, such as psa.")
@click.option("--junit", type=FILE, help="Write the verdicts as JUnit XML too.")
@click.pass_context
def verify(
    context: click.Context,
    /,
    netlist: Path | None,
    probes: Path | None,
    tolerance: float | None,
    ngbehavior: str | None,
    junit: Path | None,
    **asked: Any,
) -> None:
    """Compile a network, relax its circuit in ngspice, compare every node with the ideal reference.

    With a technology that has non-idealities: what do real parts do?  The native simulator compares them with
    ideal parts: first a table of everything on and each non-ideality alone, then the cross-check by SPICE on
    --cross-check samples, wires, power, modes, noise and transients.  Ctrl-C leaves a report marked partial.

    Without NET.npz a 64-32-10 sigmoid network is first trained on digits. Writes DIR/report.html,
    DIR/report.json and DIR/netlists. Exit code 0: within tolerance; 1: outside; 2: bad input or no ngspice;
    3: not checked, because no cross-check was asked for or SPICE gave no answer.

    With --netlist a netlist of 'netlist' or 'verify', edited since (own amplifiers, parasitics), is run by
    ngspice as it is, and every node compared with the volts and tolerances of its probes.json. Exit code 3:
    not checked.

    \b
      analog-pc verify --netlist edited.cir --probes probes.json --junit v.xml
    """
    from analog_pc.cli.verification import run
    from analog_pc.cli.verify_netlist import verify_netlist
    from analog_pc.cli.verify_task import VerifyOptions
    from analog_pc.errors import BadInput

    _refuse_ignored(context, asked["technology"], netlist)
    options = VerifyOptions(**asked)
    beside = None if netlist is None else netlist.with_name("probes.json")
    if junit is not None:
        _refuse_own(junit, options.out)
    refuse_overwriting({"--junit": junit}, [netlist, probes or beside, options.network, options.data])
    if netlist is not None:
        if options.network is not None:
            raise BadInput(f"{options.network} and --netlist {netlist}: give one of them")
        asked_for = context.get_parameter_source("out") is not ParameterSource.DEFAULT
        folder = options.out if asked_for else None
        raise SystemExit(
            verify_netlist(netlist, probes, tolerance, options.timeout, ngbehavior, junit, folder)
        )
    if not (probes is None and tolerance is None and ngbehavior is None):
        raise BadInput("--probes, --tolerance and --ngbehavior belong to --netlist FILE")
    raise SystemExit(run(options, junit))


# Of a network alone, and of real parts alone: said where they would be ignored.
OF_A_NETWORK = ("data", "samples", "phases", "transient", "technology", "seed")
OF_REAL_PARTS = ("cross_check", "reference", "seeds", "skip", "only", "time_limit")


def _refuse_ignored(context: click.Context, technology: Any, netlist: Path | None) -> None:
    """Refuse an option that was given and has no effect."""
    from analog_pc.errors import BadInput
    from analog_pc.technology.non_idealities import present

    used = [
        name
        for name in (*OF_REAL_PARTS, *OF_A_NETWORK)
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]
    if netlist is not None and used:
        raise BadInput(f"{_option(used[0])}: has no effect with --netlist {netlist}, which is run as it is")
    ignored = [name for name in used if name in OF_REAL_PARTS]
    if netlist is None and ignored and not present(technology):
        raise BadInput(
            f"{_option(ignored[0])}: is for real parts: give --technology with non-idealities; "
            f"{technology.name!r} has none"
        )


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _refuse_own(junit: Path, out: Path) -> None:
    """Refuse a JUnit file under a name that the report itself has in its folder."""
    from analog_pc.errors import BadInput

    place = junit.resolve()
    folder = out.resolve()
    inside = place.relative_to(folder).parts if place.is_relative_to(folder) else None
    if inside is None:
        return
    if inside in REPORT_FILES or inside[0] == "netlists" or inside[0].startswith("waveform-"):
        raise BadInput(f"--junit {junit}: is written by --out {out} already; give another file")
