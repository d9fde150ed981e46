"""The report of an evaluation: a page for people, numbers and tables for programs, figures for papers."""

from analog_pc.evaluation.report.write import FILES, write_evaluation

__all__ = ["FILES", "write_evaluation"]
