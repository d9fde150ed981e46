"""Published predictive coding systems on mathematics and on circuits, beside backpropagation.

Every experiment is one file: a frozen configuration, ``run(config, relaxer, cache)`` for one relaxer, the
published numbers, and a figure.  One line in `EXPERIMENTS` adds one.
"""

from typing import Any

from analog_pc.experiments.framework.circuits import in_closed_form, simulated
from analog_pc.experiments.framework.collect import collect
from analog_pc.experiments.framework.experiment import Claim, Experiment, Outcome
from analog_pc.experiments.framework.learner import Learner
from analog_pc.experiments.framework.quantity import Quantity, quantity
from analog_pc.experiments.framework.result import Result, Row, load_result, save_result
from analog_pc.experiments.framework.result_cache import DiskCache, NoCache, ResultCache
from analog_pc.experiments.lillicrap2016.feedback_alignment import FEEDBACK_ALIGNMENT
from analog_pc.experiments.millidge2020.variants import VARIANTS_EXPERIMENT
from analog_pc.experiments.millidge2022.reverse_differentiation import REVERSE_DIFFERENTIATION
from analog_pc.experiments.millidge2024.temporal_pc import TEMPORAL_PC
from analog_pc.experiments.pinchetti2025.convolution import CONVOLUTIONAL
from analog_pc.experiments.rao1999.rao_ballard import RAO_BALLARD
from analog_pc.experiments.rao2024.active_pc import ACTIVE_PC
from analog_pc.experiments.salvatori2021.memory import MEMORY
from analog_pc.experiments.salvatori2022.graph_queries import GRAPH_QUERIES
from analog_pc.experiments.salvatori2024.incremental_pc import INCREMENTAL_PC
from analog_pc.experiments.scellier2023.contrastive_learning import CONTRASTIVE_LEARNING
from analog_pc.experiments.scellier2023.same_hardware import SAME_HARDWARE
from analog_pc.experiments.song2020.write_window import WRITE_WINDOW
from analog_pc.experiments.song2020.z_il import Z_IL
from analog_pc.experiments.song2024.bear import BEAR
from analog_pc.experiments.song2024.concept_drift import CONCEPT_DRIFT
from analog_pc.experiments.song2024.continual import CONTINUAL
from analog_pc.experiments.song2024.depth import DEPTH
from analog_pc.experiments.song2024.energy_machine import ENERGY_MACHINE
from analog_pc.experiments.song2024.fault_injection import FAULT_INJECTION
from analog_pc.experiments.song2024.fear import FEAR
from analog_pc.experiments.song2024.less_erratic import LESS_ERRATIC
from analog_pc.experiments.song2024.motor import MOTOR
from analog_pc.experiments.song2024.online import ONLINE
from analog_pc.experiments.song2024.prospective_index import PROSPECTIVE_INDEX
from analog_pc.experiments.song2024.reinforcement import REINFORCEMENT
from analog_pc.experiments.song2024.reversal import REVERSAL
from analog_pc.experiments.song2024.small_data import SMALL_DATA
from analog_pc.experiments.song2024.target_alignment import TARGET_ALIGNMENT
from analog_pc.experiments.song2024.teacher_student import TEACHER_STUDENT

EXPERIMENTS: dict[str, Experiment[Any]] = {
    e.name: e
    for e in (
        BEAR,
        ENERGY_MACHINE,
        TARGET_ALIGNMENT,
        PROSPECTIVE_INDEX,
        FEAR,
        REVERSAL,
        MOTOR,
        FAULT_INJECTION,
        LESS_ERRATIC,
        TEACHER_STUDENT,
        ONLINE,
        SMALL_DATA,
        CONTINUAL,
        CONCEPT_DRIFT,
        DEPTH,
        REINFORCEMENT,
        FEEDBACK_ALIGNMENT,
        VARIANTS_EXPERIMENT,
        CONTRASTIVE_LEARNING,
        SAME_HARDWARE,
        WRITE_WINDOW,
        Z_IL,
        INCREMENTAL_PC,
        RAO_BALLARD,
        ACTIVE_PC,
        CONVOLUTIONAL,
        MEMORY,
        GRAPH_QUERIES,
        TEMPORAL_PC,
        REVERSE_DIFFERENTIATION,
    )
}

__all__ = [
    "EXPERIMENTS",
    "Claim",
    "DiskCache",
    "Experiment",
    "Learner",
    "NoCache",
    "Outcome",
    "Quantity",
    "Result",
    "ResultCache",
    "Row",
    "collect",
    "in_closed_form",
    "load_result",
    "quantity",
    "save_result",
    "simulated",
]
