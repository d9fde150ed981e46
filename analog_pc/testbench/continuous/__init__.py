"""Learning without a clock: weights as slow states of the same circuit.

::

    tau   dx_l/dt = -F_l + f'(x_l) W_{l+1}^T F_{l+1}          F = precision (x - mu),  mu = W f(x) + b
    tau_w dW_l/dt = F_l f(x_{l-1})^T,   tau_w db_l/dt = F_l

One gradient flow of the energy in activities and weights together, the weights `slowness` times slower: the
limit of incremental predictive coding (Salvatori et al., ICLR 2024) for small steps.  Nothing is sensed,
held or timed; only the target comes and goes.
"""

from analog_pc.testbench.continuous.circuit import ContinuousCircuit, continuous_circuit
from analog_pc.testbench.continuous.compare import EquationDeviation, compare_continuous
from analog_pc.testbench.continuous.figures import draw_continuous
from analog_pc.testbench.continuous.files import write_continuous_results
from analog_pc.testbench.continuous.ode import flow_of
from analog_pc.testbench.continuous.run import Waveforms, continuous_deck, run_continuous
from analog_pc.testbench.continuous.testbench import ContinuousTestbench

__all__ = [
    "ContinuousCircuit",
    "ContinuousTestbench",
    "EquationDeviation",
    "Waveforms",
    "compare_continuous",
    "continuous_circuit",
    "continuous_deck",
    "draw_continuous",
    "flow_of",
    "run_continuous",
    "write_continuous_results",
]
