"""Transfer functions and modules as Verilog-A text.

The numbers of a transfer function become parameters of its module, and only its shape is compiled:
``0.1*tanh(v/0.1)`` and ``0.2*tanh(v/0.2)`` are both ``k0*tanh(v/k1)``.  It is read as the syntax tree of
one arithmetic expression and printed from it, so no other text can reach the compiler.
"""

from __future__ import annotations

import ast
import hashlib
import math
import re
from dataclasses import dataclass

from analog_pc.circuit import TransferFunction
from analog_pc.errors import BadInput
from analog_pc.simulators.spice.names import transfer_text

# Name in SPICE -> name in Verilog-A.  `log` is the natural logarithm in SPICE and the decadic one here.
_FUNCTIONS = {
    name: name
    for name in (
        "tanh",
        "sinh",
        "cosh",
        "exp",
        "sqrt",
        "ln",
        "sin",
        "cos",
        "atan",
        "pow",
        "min",
        "max",
        "abs",
    )
} | {"log": "ln"}
_ARGUMENTS = {"pow": 2, "min": 2, "max": 2}
_OPERATORS: dict[type[ast.operator | ast.unaryop], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.UAdd: "+",
    ast.USub: "-",
}
_VARIABLE = "v"  # in Verilog-A
_VOLTS = "v(x)"  # the voltage in a transfer function's expression; no word that it could hold by itself
_NO_DECIMAL = re.compile(r"\b0[xob]|\d_", re.IGNORECASE)  # numbers to Python, and not to SPICE


@dataclass(frozen=True)
class Formula:
    """An expression of the Verilog-A variable ``v``, and the values of the parameters in it by name."""

    text: str
    constants: dict[str, float]


def formula(transfer: TransferFunction, prefix: str = "k") -> Formula:
    """A transfer function in Verilog-A; its numbers become parameters ``<prefix>0``, ``<prefix>1``, ...

    ``^`` is taken with an even whole number only: ngspice 39 reads v^3 as |v|^3, and
    2^3^2 as (2^3)^2, and Verilog-A neither; pow(v,3) is the same in both.

    Raises
    ------
    BadInput
        For anything but numbers, + - * / ^, brackets and the functions of one or two variables that SPICE
        and Verilog-A have in common.
    """
    spice = transfer_text(transfer, _VOLTS)
    refusal = BadInput(f"transfer {transfer.name!r}: {spice[:80]!r} is not a plain expression")
    if _NO_DECIMAL.search(spice):
        raise refusal
    printer = _Printer(transfer.name, prefix)
    try:
        text = printer.text(ast.parse(spice.replace("^", "**"), mode="eval").body)
    except (SyntaxError, OverflowError, RecursionError, MemoryError):
        raise refusal from None
    return Formula(text, printer.constants)


class _Printer:
    """Prints a syntax tree, and takes its numbers out."""

    def __init__(self, function: str, prefix: str) -> None:
        self.function = function
        self.prefix = prefix
        self.constants: dict[str, float] = {}

    def text(self, node: ast.expr) -> str:
        match node:
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return self._number(value)
            case ast.Call(func=ast.Name(id="v"), args=[ast.Name(id="x")], keywords=[]):
                return _VARIABLE
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _OPERATORS:
                return f"({_OPERATORS[type(op)]}{self.text(operand)})"
            case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=int() as power) as right) if (
                power % 2 == 0
            ):
                return f"pow({self.text(left)},{self.text(right)})"
            case ast.BinOp(op=ast.Pow()):
                text = ast.unparse(node).replace("**", "^")[:80]
                raise BadInput(
                    f"transfer {self.function!r}: {text!r} differs between simulators, use pow(a,b)"
                )
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
                return f"({self.text(left)}{_OPERATORS[type(op)]}{self.text(right)})"
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _FUNCTIONS and len(
                args
            ) == _ARGUMENTS.get(name, 1):
                return f"{_FUNCTIONS[name]}({','.join(self.text(arg) for arg in args)})"
        raise BadInput(f"transfer {self.function!r}: {ast.unparse(node)[:80]!r} has no form in Verilog-A")

    def _number(self, value: int | float) -> str:
        if isinstance(value, int) and abs(value) < 1_000:
            return f"{value}.0"  # part of the shape, as exponents are; and 1/2 would be 0
        if not math.isfinite(value):
            raise BadInput(f"transfer {self.function!r}: holds a number beyond float64")
        name = f"{self.prefix}{len(self.constants)}"
        self.constants[name] = float(value)
        return name


@dataclass(frozen=True)
class Module:
    """A Verilog-A module; its name holds a digest of its text, so equal names are equal modules."""

    name: str
    text: str


def module(
    kind: str,
    ports: tuple[str, ...],
    body: tuple[str, ...],
    *,
    inner: tuple[str, ...] = (),
    instance: tuple[str, ...] = (),
    model: tuple[str, ...] = (),
) -> Module:
    """A module of electrical `ports` and `inner` nodes, with real parameters and a variable ``v``.

    Parameters
    ----------
    body
        Statements of its analog block.
    instance, model
        Parameters that each instance has of its own, and that the instances of a model share.
    """
    nodes = ", ".join((*ports, *inner))
    lines = [
        '`include "disciplines.vams"',
        f"module @({', '.join(ports)});",
        f"    inout {', '.join(ports)};",
        f"    electrical {nodes};",
        *(f'    (* type = "instance" *) parameter real {name} = 1.0;' for name in instance),
        *(f"    parameter real {name} = 1.0;" for name in model),
        f"    real {_VARIABLE};",
        "    analog begin",
        *(f"        {statement}" for statement in body),
        "    end",
        "endmodule",
    ]
    text = "\n".join(lines) + "\n"
    name = f"apc_{kind}_{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    return Module(name, text.replace("@", name, 1))
