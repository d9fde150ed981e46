"""Sphinx configuration; `make docs` builds the pages into docs/_build."""

import math
import re
from pathlib import Path
from typing import Any

import matplotlib
from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx

import analog_pc
from analog_pc.technology import TECHNOLOGIES, Technology, quantities

FOLDER = Path(__file__).parent

project = "analog_pc"
author = "the authors of analog_pc"
copyright = author
version = release = analog_pc.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "generated/examples/*.ipynb", "generated/examples/*.py"]
templates_path = ["_templates"]
html_theme = "furo"
html_math_renderer = "mathml"  # a page needs no network to show its equations
html_static_path = ["_static"]
html_css_files = ["wide.css"]
html_title = f"analog_pc {release}"
default_role = "autolink"  # single backticks in docstrings: a link where the name is documented
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

autosummary_generate = True
autosummary_ignore_module_all = False  # a package's page lists what the package exports
autodoc_typehints = "signature"
autodoc_type_aliases = {name: name for name in ("ArrayLike", "Masked", "VoltsPerUnit")}
autodoc_preserve_defaults = True
numpydoc_show_class_members = False  # the template of a class lists them

matplotlib.use("agg")
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "generated/examples",
    "within_subsection_order": "FileNameSortKey",
    "filename_pattern": r"/\d\d_",
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,
    "abort_on_example_error": True,
}

TITLE = """# Technologies

Values in SI units; `analog-pc technologies NAME` explains each of them with its source. An empty entry
means that the non-ideality is switched off, a question mark that the value was chosen or its source not
verified.
"""


def shown(technology: Technology, field: str) -> str:
    """A value of a technology: empty where it switches a non-ideality off, with ? if not verified."""
    value = getattr(technology, field)
    if value in ((), 0, 0.0, math.inf):
        return ""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, tuple):
        text = f"{len(value)} points"
    source = technology.sources.get(field)
    return text if source is None or source.verified else f"{text} ?"


def technology_tables() -> str:
    """A table for each group of fields, with the value of every shipped technology."""
    text = TITLE
    names = list(TECHNOLOGIES)
    groups = dict.fromkeys(quantity.group for quantity in quantities().values())
    for group in groups:
        text += f"\n## {group.capitalize()}\n\n| field | {' | '.join(names)} |\n"
        text += "|---" * (1 + len(names)) + "|\n"
        for field, quantity in quantities().items():
            if quantity.group == group:
                values = [shown(TECHNOLOGIES[name], field) for name in names]
                unit = f" ({quantity.unit})" if quantity.unit else ""
                text += f"| `{field}`{unit}: {quantity.meaning} | {' | '.join(values)} |\n"
    return text


FOLDER.joinpath("technologies.md").write_text(technology_tables(), encoding="utf-8")


def inline_math(translator: Any, node: nodes.math) -> None:
    """MathML of an equation within a line."""
    translator.body.append(convert(node.astext()))
    raise nodes.SkipNode


def block_math(translator: Any, node: nodes.math_block) -> None:
    """MathML of an equation on lines of its own."""
    translator.body.append(f'<div class="math">{convert(node.astext(), display="block")}</div>\n')
    raise nodes.SkipNode


_ARRAY = r"[\w.~]*ndarray\[tuple\[[\w.~]*Any, \.\.\.\], [\w.~]*dtype\[[\w.~]*{}\]\]"
SHORTER = {  # expanded type in a signature -> its alias
    r"TypeAliasForwardRef\('(\w+)'\)": r"\1",
    _ARRAY.format("float64"): "Floats",
    _ARRAY.format("bool"): "Bools",
}


def shorter(text: str | None) -> str | None:
    """A signature with the names of type aliases."""
    for pattern, name in SHORTER.items():
        text = text and re.sub(pattern, name, text)
    return text


def shorten_signature(*event: Any) -> tuple[str | None, str | None]:
    """Signature and result of a documented object; see autodoc-process-signature."""
    signature, result = event[-2:]
    return shorter(signature), shorter(result)


def setup(app: Sphinx) -> None:
    """Register the renderer of equations, and short signatures."""
    app.connect("autodoc-process-signature", shorten_signature)
    app.add_html_math_renderer("mathml", (inline_math, None), (block_math, None))
