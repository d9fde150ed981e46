"""The schematic of one synapse and its value node, drawn with the values of a technology.

Coordinates are drawing units; the picture reads from left to right: word lines, crossbar, transimpedance
amplifier, spring, value node; feedback from the layer above enters on top, eps leaves at the bottom.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal

import schemdraw
import schemdraw.elements as elm
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from schemdraw import flow

from analog_pc.reporting.style import FULL_WIDTH, INK, styled
from analog_pc.si import si
from analog_pc.technology import Technology

LEFT = -0.6
RIGHT = 22.9
BOTTOM = -4.9
TOP = 4.9
FONT = 6.5  # points
AMPLIFIER = 0.8  # scale of its symbol
Point = tuple[float, float]
Align = Literal["left", "center", "right"]


@styled
def schematic(technology: Technology) -> Figure:
    """The schematic as a figure of full width."""
    figure = Figure(figsize=(FULL_WIDTH, FULL_WIDTH * (TOP - BOTTOM) / (RIGHT - LEFT)))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    pen = _Pen(axes)
    _synapse(pen, technology)
    _amplifier(pen, technology)
    _value_node(pen, technology)
    _eps_sense(pen)
    _feedback(pen)
    pen.drawing.draw(show=False)
    axes.set(xlim=(LEFT, RIGHT), ylim=(BOTTOM, TOP), aspect="equal")
    axes.set_axis_off()
    return figure


class _Pen:
    """Drawing of parts at absolute coordinates."""

    def __init__(self, axes: Axes) -> None:
        self.axes = axes
        self.drawing = schemdraw.Drawing(canvas=axes)
        self.drawing.config(fontsize=FONT, lw=0.8, color=INK)

    def add(self, element: Any) -> None:
        self.drawing += element

    def wire(self, *points: Point, arrow: bool = False, ls: Any = "-") -> None:
        for k, (a, b) in enumerate(pairwise(points)):
            tip = "->" if arrow and k == len(points) - 2 else None
            self.add(elm.Line(arrow=tip, arrowwidth=0.22, arrowlength=0.3).at(a).to(b).linestyle(ls))

    def part(self, kind: Any, a: Point, b: Point) -> None:
        self.add(kind().at(a).to(b))

    def dot(self, *points: Point) -> None:
        for point in points:
            self.add(elm.Dot(radius=0.09).at(point))

    def terminal(self, point: Point) -> None:
        self.add(elm.Dot(radius=0.1, open=True).at(point))

    def ground(self, point: Point) -> None:
        self.add(elm.Ground().at(point))

    def box(self, centre: Point, width: float, height: float, text: str) -> None:
        self.add(flow.Box(w=width, h=height).at(centre).anchor("center"))
        lines = text.split("\n")
        for k, line in enumerate(lines):
            self.text(centre[0], centre[1] + 0.6 * ((len(lines) - 1) / 2 - k), line)

    def text(self, x: float, y: float, text: str, align: Align = "center") -> None:
        self.axes.text(x, y, text, ha=align, va="center", fontsize=FONT, color=INK, linespacing=1.4)


def _synapse(pen: _Pen, tech: Technology) -> None:
    """Complementary word lines and the two conductances of a weight, up to the bit line."""
    pen.terminal((0.2, 3.0))
    pen.wire((0.3, 3.0), (3.0, 3.0))
    pen.dot((1.0, 3.0))
    pen.wire((1.0, 3.0), (1.0, 0.0), (1.5, 0.0))
    pen.add(elm.Opamp(sign=False).scale(0.45).at((1.5, 0.0)).right())
    pen.text(1.83, 0.0, "\u22121")
    pen.wire((2.47, 0.0), (3.0, 0.0))
    pen.part(elm.ResistorIEC, (3.0, 3.0), (6.0, 3.0))
    pen.part(elm.ResistorIEC, (3.0, 0.0), (6.0, 0.0))
    pen.wire((6.0, 3.0), (6.0, 0.0))
    pen.wire((6.0, 4.1), (6.0, 3.0), ls=":")
    pen.wire((6.0, 0.0), (6.0, -1.1), ls=":")
    pen.dot((6.0, 3.0), (6.0, 0.0), (6.0, 1.5))
    pen.text(0.0, 3.6, "word line $j$, $f(x_j)$", "left")
    pen.text(4.5, 3.6, "$G^-_{ij}$")
    pen.text(4.5, 0.65, "$G^+_{ij}$")
    pen.text(4.5, -0.65, f"{_range(tech)}")
    pen.text(6.0, 4.45, "other synapses of bit line $i$")


def _range(tech: Technology) -> str:
    return f"{si(tech.g_min, 'S')} … {si(tech.g_max, 'S')}"


def _amplifier(pen: _Pen, tech: Technology) -> None:
    """The transimpedance amplifier that holds the bit line at virtual ground."""
    pen.wire((6.0, 1.5), (7.6, 1.5))
    pen.dot((7.0, 1.5))
    pen.wire((7.0, 1.5), (7.0, 3.0))
    pen.part(elm.ResistorIEC, (7.0, 3.0), (9.9, 3.0))
    pen.wire((9.9, 3.0), (9.9, 1.0))
    pen.add(elm.Opamp().scale(AMPLIFIER).at((7.6, 1.5)).anchor("in1").right())
    pen.wire((7.6, 0.5), (7.2, 0.5), (7.2, 0.1))
    pen.ground((7.2, 0.1))
    pen.wire((9.33, 1.0), (11.0, 1.0))
    pen.dot((9.9, 1.0))
    pen.text(8.42, 1.0, "$A_0$")
    pen.text(8.75, -0.35, f"$A_0$ = {_gain(tech.opamp_gain)}", "left")
    ohms = si(1.0 / tech.cell_span, "Ω")
    pen.text(8.45, 3.65, rf"$R_f$ = max|$W$| · {ohms}")
    pen.text(6.5, 1.9, "0 V")


def _gain(gain: float) -> str:
    mantissa, exponent = f"{gain:.2g}".replace("e+", "e").split("e") if gain >= 1e4 else (f"{gain:.4g}", "")
    if not exponent:
        return mantissa
    power = f"$10^{{{int(exponent)}}}$"
    return power if mantissa == "1" else f"{mantissa} · {power}"


def _value_node(pen: _Pen, tech: Technology) -> None:
    """Spring, capacitor, clamp and the way on to the next layer."""
    pen.dot((10.8, 1.0))
    pen.text(10.8, 1.5, r"$\mu_i$")
    pen.part(elm.ResistorIEC, (11.0, 1.0), (14.0, 1.0))
    pen.text(12.5, 1.6, f"$1/g_s$ = {si(1.0 / tech.spring_conductance, 'Ω')}")
    pen.wire((14.0, 1.0), (19.4, 1.0))
    pen.dot((14.2, 1.0), (15.4, 1.0), (16.1, 1.0), (18.0, 1.0))
    pen.text(14.2, 1.5, "$x_i$")
    pen.part(elm.Capacitor, (15.4, 1.0), (15.4, -1.2))
    pen.ground((15.4, -1.2))
    pen.text(15.85, -0.45, f"$C$ = {si(tech.node_capacitance, 'F')}", "left")
    pen.part(elm.Switch, (18.0, 1.0), (18.0, -1.2))
    pen.part(elm.SourceV, (18.0, -3.4), (18.0, -1.2))
    pen.ground((18.0, -3.4))
    pen.text(18.75, -2.3, "clamp: input or target", "left")
    pen.box((20.2, 1.0), 1.6, 1.1, "$f$")
    pen.wire((21.0, 1.0), (22.2, 1.0), arrow=True)
    pen.text(22.3, -0.3, "rate $i$, to\nlayer $l+1$", "right")


def _eps_sense(pen: _Pen) -> None:
    """The difference amplifier across the spring, and eps on its way down."""
    pen.wire((10.8, 1.0), (10.8, -0.5), (12.0, -0.5), (12.0, -1.2))
    pen.wire((14.2, 1.0), (14.2, -0.5), (13.0, -0.5), (13.0, -1.2))
    pen.add(elm.Opamp().scale(AMPLIFIER).at((13.0, -1.2)).anchor("in2").down().flip())
    pen.text(12.5, -1.9, "+1")
    pen.wire((12.5, -2.93), (12.5, -3.8), (9.6, -3.8), arrow=True)
    pen.text(12.8, -3.55, r"$\varepsilon_i = x_i - \mu_i$", "left")
    pen.box((7.5, -3.8), 4.2, 1.5, "transposed crossbar\n$W_l^{T}$, amplifiers")
    pen.wire((5.4, -3.8), (3.6, -3.8), arrow=True)
    pen.text(3.4, -3.8, "to the gates\nof layer $l-1$", "right")


def _feedback(pen: _Pen) -> None:
    """Feedback of the layer above, through the transposed crossbar and the gate into the value node."""
    pen.wire((22.6, 3.6), (21.3, 3.6), arrow=True)
    pen.text(22.0, 4.1, r"$\varepsilon_{l+1}$")
    pen.box((19.4, 3.6), 3.8, 1.5, "transposed crossbar\n$W_{l+1}^{T}$, amplifiers")
    pen.wire((17.5, 3.6), (16.5, 3.6), arrow=True)
    pen.box((15.4, 3.6), 2.2, 1.5, "gate\n$g_s\\,f\\,'(x_i)$")
    pen.wire((15.4, 2.85), (15.4, 1.0), arrow=True)
    pen.wire((16.1, 1.0), (16.1, 2.85), arrow=True, ls="--")
    pen.text(15.2, 2.2, "current", "right")
