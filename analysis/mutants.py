"""Mutants of Python source: one changed node of a syntax tree.

======================  =====================================================
kind                    change
======================  =====================================================
comparison              < and <=, > and >=, == and !=, is and is not, in and not in
operator                + and -, * and /, ** to *, // to *, % to // (also +=, -=, ...)
sign                    -x to +x
constant                an integer n to n + 1, a number x to 2 x (0.0 to 1.0)
boolean                 and and or, not x to x, True and False
return                  return x to return None
index                   n to n + 1 in a subscript, a bound of a slice + 1, a range one shorter
======================  =====================================================

Strings, annotations, decorators, what stands in a `raise` and in a formatted string are left as they are:
messages are not behaviour.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

COMPARISONS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
}
LEFT = ("annotation", "returns", "decorator_list")  # fields that are not walked


@dataclass(frozen=True)
class Site:
    """A node that can be changed: `change()` does so in place."""

    node: Any
    kind: str
    change: Callable[[], None]


def sites(node: ast.AST, *, index: bool = False) -> Iterator[Site]:
    """All sites at and below a node, in an order that depends on the source alone.

    Parameters
    ----------
    node
        A module at first.
    index
        The node stands in a subscript.
    """
    if isinstance(node, ast.Raise | ast.JoinedStr):
        return
    yield from _of(node, index)
    for field, value in ast.iter_fields(node):
        if field in LEFT:
            continue
        below = (index or field == "slice") and not isinstance(node, ast.Call)
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from sites(child, index=below)


def _of(node: Any, index: bool) -> Iterator[Site]:
    """The sites of one node."""
    match node:
        case ast.Compare():
            for position, operator in enumerate(node.ops):
                yield Site(node, "comparison", _item(node.ops, position, COMPARISONS[type(operator)]()))
        case ast.BinOp() | ast.AugAssign() if type(node.op) in OPERATORS:
            yield Site(node, "operator", _field(node, "op", OPERATORS[type(node.op)]()))
        case ast.BoolOp():
            other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield Site(node, "boolean", _field(node, "op", other))
        case ast.UnaryOp(op=ast.Not()):  # not not x is the truth of x
            yield Site(node, "boolean", _field(node, "operand", ast.UnaryOp(ast.Not(), node.operand)))
        case ast.UnaryOp(op=ast.USub()):
            yield Site(node, "sign", _field(node, "op", ast.UAdd()))
        case ast.Constant(value=bool()):
            yield Site(node, "boolean", _field(node, "value", not node.value))
        case ast.Constant(value=int(number)):
            yield Site(node, "index" if index else "constant", _field(node, "value", number + 1))
        case ast.Constant(value=float(number)):
            yield Site(node, "constant", _field(node, "value", 2.0 * number if number else 1.0))
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield Site(node, "return", _field(node, "value", ast.Constant(None)))
        case ast.Slice():
            for name in ("lower", "upper"):
                bound = getattr(node, name)
                if isinstance(bound, ast.Name | ast.Attribute | ast.BinOp):
                    yield Site(node, "index", _field(node, name, _plus(bound, ast.Add())))
        case ast.Call(func=ast.Name(id="range" | "prange")):
            last = min(len(node.args) - 1, 1)
            yield Site(node, "index", _item(node.args, last, _plus(node.args[last], ast.Sub())))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _plus(value: ast.expr, operator: ast.operator) -> ast.expr:
    """A value and one, by an operator."""
    return ast.BinOp(value, operator, ast.Constant(1))


def _field(node: ast.AST, name: str, value: Any) -> Callable[[], None]:
    return lambda: setattr(node, name, value)


def _item(items: list[Any], position: int, value: Any) -> Callable[[], None]:
    return lambda: items.__setitem__(position, value)
