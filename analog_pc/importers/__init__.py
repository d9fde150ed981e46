"""Trained networks of other tools, as networks of this package.

Every importer ends in the same two steps: dense layers in order (`DenseLayer`), then `assemble`, which takes
what a predictive coding network holds exactly and refuses the rest by name.

======================  ============================================================================
`safetensors.py`        tensors by name: PyTorch, JAX, MLX
`npz.py`                arrays by name: scikit-learn's ``coefs_``, our own, any other
`onnx.py`               chains of Gemm, MatMul, Add and activations
`sklearn.py`            a fitted ``MLPClassifier`` or ``MLPRegressor``, in Python
======================  ============================================================================

Pickles (.pkl, .joblib, .pt) are never loaded: they are programs.
"""

from analog_pc.importers.assemble import Imported
from analog_pc.importers.layers import DenseLayer, LayerReport
from analog_pc.importers.model import import_network
from analog_pc.importers.sklearn import from_sklearn

__all__ = ["DenseLayer", "Imported", "LayerReport", "from_sklearn", "import_network"]
