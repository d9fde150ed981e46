"""PCN to circuit (`compile_network`) and circuit back to PCN (`CompiledNetwork.decode`)."""

from analog_pc.compiler.compile import compile_network
from analog_pc.compiler.compiled import CompiledNetwork, Probes, Waveform

__all__ = ["CompiledNetwork", "Probes", "Waveform", "compile_network"]
