"""scikit-learn's perceptrons: the same outputs as its own forward pass, and what is said of the rest."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from analog_pc import BadInput, relax
from analog_pc.importers import from_sklearn
from analog_pc.pcn.network_file import load_network

RNG = np.random.default_rng(3)
X = RNG.normal(size=(60, 5))
Y = RNG.normal(size=(60, 3))
LABELS = np.arange(60) % 3


def fitted(kind: type, targets: np.ndarray, **options: object) -> MLPClassifier | MLPRegressor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return kind(hidden_layer_sizes=(7, 6), max_iter=5, random_state=0, **options).fit(X, targets)


@pytest.mark.parametrize("activation", ["tanh", "relu", "logistic", "identity"])
def test_a_regressor_gives_its_own_outputs(activation: str) -> None:
    mlp = fitted(MLPRegressor, Y, activation=activation)
    found = from_sklearn(mlp)
    assert found.network.sizes == (5, 7, 6, 3)
    assert found.remarks == ()
    # The forward state of a free output is the equilibrium: nothing pulls at it.
    rest = relax(found.network, X)
    np.testing.assert_allclose(rest.output, mlp.predict(X), rtol=0.0, atol=1e-12)


def test_a_classifier_gives_logits_of_the_same_classes() -> None:
    mlp = fitted(MLPClassifier, LABELS, activation="tanh")
    found = from_sklearn(mlp)
    logits = relax(found.network, X).output
    powers = np.exp(logits)
    np.testing.assert_allclose(
        powers / powers.sum(axis=1, keepdims=True), mlp.predict_proba(X), rtol=0.0, atol=1e-12
    )
    assert len(found.remarks) == 1
    assert "softmax of the output is left out" in found.remarks[0]


def test_a_binary_classifier_has_one_output_whose_sign_is_the_class() -> None:
    mlp = fitted(MLPClassifier, np.where(LABELS == 1, "yes", "no"), activation="relu")
    found = from_sklearn(mlp)
    logit = relax(found.network, X).output
    assert logit.shape == (60, 1)
    np.testing.assert_array_equal(logit[:, 0] > 0.0, mlp.predict(X) == "yes")
    assert "threshold of 0.5 becomes one of 0" in " ".join(found.remarks)
    assert "classes no, yes in this order" in " ".join(found.remarks)


def test_float32_is_taken_exactly_and_its_rounding_said() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        mlp = MLPRegressor(hidden_layer_sizes=(7,), activation="tanh", max_iter=3, random_state=0)
        mlp.fit(X.astype(np.float32), Y.astype(np.float32))
    assert mlp.coefs_[0].dtype == np.float32
    found = from_sklearn(mlp)
    assert found.layers[0].dtype == "float32"
    np.testing.assert_array_equal(found.network.W[0], mlp.coefs_[0].T.astype(np.float64))
    assert "rounds every operation by up to 6e-08" in " ".join(found.remarks)
    # A sum of n products in float32 is off by at most n u sum|w h|; tanh passes on no more than it gets.
    u = 2.0**-24
    first = (5 + 2) * u * (np.abs(X) @ np.abs(found.network.W[0].T) + np.abs(found.network.b[0]) + 1.0)
    bound = (first + 4 * u) @ np.abs(found.network.W[1].T)
    bound += (7 + 2) * u * (np.abs(found.network.W[1]).sum(axis=1) + np.abs(found.network.b[1]))
    x32 = X.astype(np.float32)
    off = np.abs(relax(found.network, x32.astype(np.float64)).output - mlp.predict(x32))
    assert (off <= bound).all()


def test_saved_and_loaded(tmp_path: Path) -> None:
    found = from_sklearn(fitted(MLPRegressor, Y, activation="tanh"))
    found.save(tmp_path / "net.npz")
    again = load_network(tmp_path / "net.npz")
    assert again.activation == "tanh"
    for saved, made in zip((*again.W, *again.b), (*found.network.W, *found.network.b), strict=True):
        np.testing.assert_array_equal(saved, made)
    assert repr(found) == "<Imported 5-7-6-3 tanh, 0 remarks>"


def test_what_is_no_fitted_perceptron() -> None:
    with pytest.raises(BadInput, match="MLPRegressor has no coefs_: give a fitted"):
        from_sklearn(MLPRegressor())
    pipeline = make_pipeline(StandardScaler(), fitted(MLPRegressor, Y))
    with pytest.raises(BadInput, match=r"Pipeline has no coefs_: .*\(of a pipeline its last step"):
        from_sklearn(pipeline)
