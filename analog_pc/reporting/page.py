"""Self-contained HTML pages: `base.html`, its style and its macros, and figures as inline SVG."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jinja2
from markupsafe import Markup
from matplotlib.figure import Figure

from analog_pc.reporting.figures import svg
from analog_pc.reporting.text import counted, science, si_or_unknown

NARROW = 5.0  # inches; a narrower figure is not stretched over the page


@dataclass(frozen=True)
class Panel:
    """A figure on a page: inline SVG, its title, and what it shows and how to read it."""

    svg: Markup
    title: str
    caption: str
    narrow: bool = False


def panel(figure: Figure, prefix: str, title: str, caption: str) -> Panel:
    """A figure for the macro ``picture``.

    Parameters
    ----------
    figure
        What is drawn.
    prefix
        Of all ids in its SVG, unique on the page.
    title, caption
        Text below the figure.
    """
    return Panel(Markup(svg(figure, prefix)), title, caption, figure.get_figwidth() < NARROW)


def template(package: str, **filters: Callable[..., Any]) -> jinja2.Template:
    """``template.html`` of a package, which extends ``base.html`` and may import ``macros.html`` of this one.

    Filters of every template: ``science``, ``si``, ``counted``, and those given.
    """
    packages = (package, "analog_pc.reporting")
    loader = jinja2.ChoiceLoader([jinja2.PackageLoader(name, "") for name in packages])
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    environment.filters.update(science=science, si=si_or_unknown, counted=counted, **filters)
    return environment.get_template("template.html")
