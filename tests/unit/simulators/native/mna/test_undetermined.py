"""Why equations have no single solution: a node is named, or a loop."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csc_array

from analog_pc.circuit import VCCS, Circuit, OperatingPoint, Resistors, StimulusSources, grounds
from analog_pc.simulators import Native
from analog_pc.simulators.native import UndeterminedNode
from analog_pc.simulators.native.mna.undetermined import null_vector, singular


def test_null_vector() -> None:
    matrix = np.array([[1.0, 0.5, 0.0], [0.5, 0.25, 0.0], [0.25, 0.0, 1.0]])  # (-2, 4, 0.5) is in its kernel
    z = null_vector(csc_array(matrix))
    np.testing.assert_allclose(z / z[1], [-0.5, 1.0, 0.125], atol=1e-14)


def test_a_node_or_a_loop() -> None:
    matrix = csc_array(np.diag([1.0, 0.0, 1.0]))
    node = singular(matrix, ("a", "b"))
    assert isinstance(node, UndeterminedNode)
    assert node.node == "b"
    assert str(node) == "nothing determines the voltage of node 'b' at rest"
    loop = singular(matrix, ("a",))  # the second unknown is a current now
    assert not isinstance(loop, UndeterminedNode)
    assert "a loop of sources and capacitors" in str(loop)


def test_native_names_the_node() -> None:
    elements = (
        StimulusSources("u", ("u",), grounds(1)),
        Resistors("r", ("u",), grounds(1), 1e3),
        VCCS("g", ("u",), ("open",), 1e-6),
    )
    with pytest.raises(UndeterminedNode, match="'open'"):
        Native().simulate(Circuit("open", elements), OperatingPoint({"u": np.zeros((1, 1))}))
