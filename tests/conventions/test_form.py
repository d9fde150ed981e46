"""The form of the code: words of the field, short files, few parameters, one assignment a line."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import analog_pc

PACKAGE = Path(analog_pc.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}

LINES = 400  # of a file
PARAMETERS = 8  # of a function; a few need more
LONGER = 5  # functions
PACKED = 0.005  # assignments of tuples to tuples, of all statements

# Private words that a reader of SPICE, numerical analysis or machine learning does not know, and that have a
# term of one of these fields instead (docs/glossary.md).
PRIVATE_WORDS = frozenset(
    [
        "Law",
        "law",
        "VoltageTransfers",
        "Transconductors",
        "GatedTransconductors",
        "RESTLESS",
        "DEPARTED",
        "departed",
        "Block",
        "Curves",
        "Gates",
        "Ports",
        "writes",
        "read_of",
        "Loop",
        "bends",
        "bend",
        "mild",
        "heard",
        "feel",
        "pick",
        "picked",
        "loud",
        "quiet",
        "awake",
        "ties",
        "few_terms",
        "parts_of",
        "Split",
        "Cells",
        "Work",
        "bring_back",
        "miss",
        "Corrector",
        "uneven",
        "led",
        "way",
        "judge",
        "leap",
        "Placed",
        "Entries",
        "put",
        "given",
        "mobile",
        "loose",
        "fold",
        "stretch",
        "step_spread",
        "cycle_noise",
        "mortal",
        "Slow",
        "summed",
        "admit",
        "able",
        "Spent",
        "restless",
        "imperfection",
        "imperfections",
        "judged",
        "judged_by",
        "words",
        "departure",
        "departures",
        "Departure",
        "twin",
        "setting",
        "Stored",
        "Unkept",
        "lesions",
        "look",
    ]
)


def names(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Names that a file gives to functions, classes, parameters and variables, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr, node.lineno


def where(path: Path, line: int, name: str) -> str:
    return f"{path.relative_to(PACKAGE)}:{line} {name}"


def test_names_are_terms_of_the_field() -> None:
    found = [
        where(path, line, name)
        for path, tree in TREES.items()
        for name, line in [(path.stem, 1), *names(tree)]
        if name.strip("_") in PRIVATE_WORDS
    ]
    assert found == []


def test_files_are_short() -> None:
    long = [str(path) for path in FILES if len(path.read_text(encoding="utf-8").splitlines()) > LINES]
    assert long == []


def test_functions_have_few_parameters() -> None:
    many = []
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                a = node.args
                own = [p for p in (*a.posonlyargs, *a.args, *a.kwonlyargs) if p.arg not in ("self", "cls")]
                if len(own) > PARAMETERS:
                    many.append(where(path, node.lineno, node.name))
    assert len(many) <= LONGER, many


def test_one_assignment_a_line() -> None:
    statements = 0
    packed = []
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            statements += isinstance(node, ast.stmt)
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
                packed += [where(path, t.lineno, "") for t in node.targets if isinstance(t, ast.Tuple)]
    assert len(packed) <= PACKED * statements, packed
