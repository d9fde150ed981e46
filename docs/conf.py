"""Sphinx configuration; `make docs` builds the pages into docs/_build."""

import math
from pathlib import Path

import matplotlib

import analog_pc
from analog_pc.technology import TECHNOLOGIES, quantities

project = "analog_pc"
author = "the authors of analog_pc"
copyright = author
version = release = analog_pc.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "generated/examples/*.ipynb", "generated/examples/*.py"]
templates_path = ["_templates"]
html_theme = "furo"
html_title = f"analog_pc {release}"
default_role = "autolink"  # single backticks in docstrings: a link where the name is documented
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

autosummary_generate = True
autosummary_ignore_module_all = False  # a package's page lists what the package exports
autodoc_typehints = "signature"
numpydoc_show_class_members = False  # the template of a class lists them

matplotlib.use("agg")
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "generated/examples",
    "filename_pattern": r"/\d\d_",
    "download_all_examples": False,
    "show_signature": False,
    "write_computation_times": False,
    "abort_on_example_error": True,
}

_TITLE = """# Technologies

Values in SI units, as `analog_pc.technology` has them; `analog-pc technologies NAME` gives each source.
An empty entry means that the non-ideality is switched off.
"""


def _shown(value: object) -> str:
    if (isinstance(value, float) and not value) or value in ((), 0) or value == math.inf:
        return ""
    return f"{len(value)} points" if isinstance(value, tuple) else str(value)


def _technologies() -> str:
    """A table for each group of fields: unit, meaning, and the value of every shipped technology."""
    text = _TITLE
    names = list(TECHNOLOGIES)
    groups = dict.fromkeys(quantity.group for quantity in quantities().values())
    for group in groups:
        text += f"\n## {group.capitalize()}\n\n| field | unit | meaning | {' | '.join(names)} |\n"
        text += "|---" * (3 + len(names)) + "|\n"
        for field, quantity in quantities().items():
            if quantity.group == group:
                values = [_shown(getattr(TECHNOLOGIES[name], field)) for name in names]
                text += f"| `{field}` | {quantity.unit} | {quantity.meaning} | {' | '.join(values)} |\n"
    return text


(Path(__file__).parent / "technologies.md").write_text(_technologies(), encoding="utf-8")
