"""The report of an experiment, a page for people."""

from analog_pc.experiments.framework.report.page import write_page

__all__ = ["write_page"]
