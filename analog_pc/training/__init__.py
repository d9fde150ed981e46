"""Training: data sets, and the loop of relaxation and update."""

from analog_pc.training.datasets import Dataset, load_dataset, one_hot
from analog_pc.training.train import Trainer, TrainingConfig, accuracy, predict, train

__all__ = ["Dataset", "Trainer", "TrainingConfig", "accuracy", "load_dataset", "one_hot", "predict", "train"]
