"""Training: data sets, and one loop of relaxation and update for weights that are numbers or devices.

`Trainer` takes one batch by a learning rule and a backend, `TrainingRun` all epochs with checkpoints; `train`
is the run on numbers.  `analog_pc.training.in_situ` has the backend of devices.
"""

from analog_pc.training.backend import Backend, MathematicsBackend, predict
from analog_pc.training.costs import Costs
from analog_pc.training.datasets import Dataset, load_dataset, one_hot
from analog_pc.training.error_path import ErrorPathBackend, mathematics_backend
from analog_pc.training.run import Progress, TrainingRun, accuracy, train
from analog_pc.training.trainer import Trainer, TrainingConfig

__all__ = [
    "Backend",
    "Costs",
    "Dataset",
    "ErrorPathBackend",
    "MathematicsBackend",
    "Progress",
    "Trainer",
    "TrainingConfig",
    "TrainingRun",
    "accuracy",
    "load_dataset",
    "mathematics_backend",
    "one_hot",
    "predict",
    "train",
]
