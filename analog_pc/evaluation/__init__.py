"""Is a network good enough on a chip, what costs it, and what has to change?"""

from analog_pc.evaluation.bench import Answers, Bench
from analog_pc.evaluation.data import TestData, load_test_data
from analog_pc.evaluation.results import Evaluation
from analog_pc.evaluation.run import NEEDS, STEPS, run_step, start

__all__ = [
    "NEEDS",
    "STEPS",
    "Answers",
    "Bench",
    "Evaluation",
    "TestData",
    "load_test_data",
    "run_step",
    "start",
]
