"""A fitted multilayer perceptron of scikit-learn, in Python; scikit-learn itself is not imported.

``h = f(x @ coefs_[k] + intercepts_[k])``: coefs_ are [pre, post].
"""

from __future__ import annotations

from typing import Any

import numpy as np

from analog_pc.errors import BadInput
from analog_pc.importers.assemble import Imported, assemble
from analog_pc.importers.layers import DenseLayer, matrix, vector

_NEEDED = ("coefs_", "intercepts_", "activation", "out_activation_")


def from_sklearn(mlp: Any) -> Imported:
    """The network of a fitted ``MLPClassifier`` or ``MLPRegressor``.

    Outputs are logits where the model has a softmax or a sigmoid.  A binary classifier has one output, whose
    sign is the class.  What scales the inputs (a pipeline's StandardScaler) stays outside.

    Raises
    ------
    BadInput
        For an object that is not a fitted multilayer perceptron, such as a pipeline.
    """
    missing = [name for name in _NEEDED if not hasattr(mlp, name)]
    if missing:
        raise BadInput(
            f"{type(mlp).__name__} has no {missing[0]}: give a fitted MLPClassifier or MLPRegressor (of a "
            "pipeline its last step)"
        )
    layers = [
        DenseLayer(
            name=f"coefs_[{k}]",
            weights=np.ascontiguousarray(matrix(f"coefs_[{k}]", weights).T),
            bias=vector(f"intercepts_[{k}]", bias),
            dtype=str(np.asarray(weights).dtype),
        )
        for k, (weights, bias) in enumerate(zip(mlp.coefs_, mlp.intercepts_, strict=True))
    ]
    hidden = [str(mlp.activation)] * (len(layers) - 1)
    return assemble(layers, hidden, str(mlp.out_activation_), _class_remark(mlp))


def _class_remark(mlp: Any) -> tuple[str, ...]:
    """Outputs follow `classes_`; labels that are not 0, 1, ... have to be numbered so."""
    classes = getattr(mlp, "classes_", None)
    if classes is None or np.array_equal(classes, np.arange(len(classes))):
        return ()
    shown = ", ".join(str(c) for c in list(classes)[:4])
    return (f"outputs are the classes {shown}{', ...' if len(classes) > 4 else ''} in this order",)
