"""Learning with a clock: nodes that step all at once, and weights written layer by layer.

Master and slave nodes (`cells.sampled_node`) make one circuit two machines.  Transparent, it is the relaxing
circuit; clocked, every period is one synchronous step of size gamma = 1 - e^-n, and the weights of layer
L - k, written after k periods, change by gamma^k of what backpropagation says (Z-IL: Song et al., NeurIPS
2020).
"""

from analog_pc.testbench.clocked.circuit import ClockedCircuit, clocked_circuit
from analog_pc.testbench.clocked.run import ClockedReading, run_clocked
from analog_pc.testbench.clocked.testbench import ClockedTestbench

__all__ = ["ClockedCircuit", "ClockedReading", "ClockedTestbench", "clocked_circuit", "run_clocked"]
