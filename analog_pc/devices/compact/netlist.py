"""Compact models as SPICE reads them: a subcircuit file, or two expressions of numbers.

::

    plus o---( current )---o minus          state o---+---( rate )
                                                      +---| |--- ground     1 F
                                                      +---/\\/\\--- ground    1e12 Ohm

The resistor is a path for direct current; the state decays with it, by t / 1e12 s of itself in a time t.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import fields, replace

from analog_pc.circuit import MemristorModel
from analog_pc.devices.compact import subcircuits
from analog_pc.devices.compact.model import CompactModel
from analog_pc.devices.compact.stanford import STANFORD_PKU, StanfordPku
from analog_pc.devices.compact.subcircuits import Subcircuit
from analog_pc.devices.compact.vteam import VTEAM, Vteam
from analog_pc.devices.compact.yakopcic import YAKOPCIC, Yakopcic
from analog_pc.errors import BadInput

WIDTH = 100  # of a line, for people

_USE = """\
Use: X1 plus minus state {name} x0=...; every model parameter may be given as well.
x0 is V(state) at t = 0 in '.tran ... uic'; without uic write '.ic v(state)=...'. An operating point
without either has no meaning: any state may rest. Read at voltages within the thresholds only."""


def model_file(model: CompactModel) -> str:
    """Text of a file that holds the model as ``.subckt name plus minus state``, its values as defaults.

    The first lines say equations, source, units and validity; then come the named sets of parameters.

    Raises
    ------
    BadInput
        For a model without a subcircuit.
    """
    text, named = _text(model)
    lines = [f"* {line}" for line in text.head.splitlines()]
    lines += [f"* {line}" for line in _USE.format(name=model.name).splitlines()]
    for label, one in named.items():
        lines += _wrapped(f"Set {label} ({one.source}): {_values(one)}", "* ")
    lines += [f".subckt {model.name} plus minus state"]
    low, high = model.limits
    middle = 0.5 * (low + high) * model.state_volts
    lines += _wrapped(f"params: {_values(model)} x0={middle:g}", "+ ")
    lines += _element("Bcurrent plus minus", text.current) + _element("Brate 0 state", text.rate)
    return "\n".join([*lines, "Cstate state 0 1 ic={x0}", "Rstate state 0 1e12", ".ends", ""])


def memristor_model(model: CompactModel) -> MemristorModel:
    """The same two expressions with the numbers of the model, for `analog_pc.circuit.Memristors`.

    The volts of a state node are ``state * model.state_volts``.
    """
    text, _ = _text(model)
    numbers = {name: f"({value!r})" for name, value in _parameters(model).items()}
    current, rate = (part.replace("\n", "").format(**numbers) for part in (text.current, text.rate))
    return MemristorModel(model.name, current, rate, model.source)


def _text(model: CompactModel) -> tuple[Subcircuit, Mapping[str, CompactModel]]:
    """Text of the subcircuit, and the named parameter sets of the model."""
    match model:
        case Yakopcic():
            return subcircuits.YAKOPCIC, YAKOPCIC
        case Vteam():
            ohms = subcircuits.RESISTANCES[model.resistance]
            plain = "R = " + ohms.replace("{", "").replace("}", "").replace("v(state)", "x")
            text = subcircuits.VTEAM
            head, current = text.head.replace("RESISTANCE", plain), text.current.replace("RESISTANCE", ohms)
            return replace(text, head=head, current=current), VTEAM
        case StanfordPku():
            return subcircuits.STANFORD_PKU, STANFORD_PKU
    raise BadInput(f"{model.name}: has no subcircuit")


def _parameters(model: CompactModel) -> dict[str, float]:
    """Names and values of the numbers of a model."""
    found = {field.name: getattr(model, field.name) for field in fields(model)}  # type: ignore[arg-type]
    return {name: value for name, value in found.items() if not isinstance(value, str)}


def _values(model: CompactModel) -> str:
    return " ".join(f"{name}={value!r}" for name, value in _parameters(model).items())


def _element(nodes: str, expression: str) -> list[str]:
    first, *more = expression.splitlines()
    return [f"{nodes} I={first}", *(f"+ {line}" for line in more)]


def _wrapped(text: str, mark: str) -> list[str]:
    lines = textwrap.wrap(text, WIDTH - len(mark), break_long_words=False, break_on_hyphens=False)
    return [mark + line for line in lines]
