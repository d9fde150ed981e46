"""Many chips, technologies and networks on the same samples, kept chunk by chunk, and what they have to be.

`Study` says what is varied and measured, `run_study` evaluates it on any number of workers and goes on where
an earlier run ended.
"""

from analog_pc.study.axes import Axis, axis
from analog_pc.study.definition import Study
from analog_pc.study.engine import Progress, run_study
from analog_pc.study.fields import Field, field, fields
from analog_pc.study.limits import Limit, Limits
from analog_pc.study.measures import MEASURES, Measure
from analog_pc.study.pareto import pareto
from analog_pc.study.part import Part
from analog_pc.study.results import Combination, Results
from analog_pc.study.samplers import SAMPLERS
from analog_pc.study.search import search_study
from analog_pc.study.store import Store
from analog_pc.study.toml_file import read_study, study_of
from analog_pc.study.wafer import Wafer

__all__ = [
    "MEASURES",
    "SAMPLERS",
    "Axis",
    "Combination",
    "Field",
    "Limit",
    "Limits",
    "Measure",
    "Part",
    "Progress",
    "Results",
    "Store",
    "Study",
    "Wafer",
    "axis",
    "field",
    "fields",
    "pareto",
    "read_study",
    "run_study",
    "search_study",
    "study_of",
]
