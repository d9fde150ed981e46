"""Names that help texts list.

The registries themselves bring compilers and plotting along, which help does not wait for; a test holds both
equal.
"""

ACTIVATIONS = ("identity", "tanh", "sigmoid", "relu", "leaky_relu", "hard_sigmoid")
OUTPUT_ACTIVATIONS = ("identity", "softmax", "log_softmax", "sigmoid", "tanh")
LAYOUTS = ("post-pre", "pre-post")
PHASES = ("predict", "learn")
SCHEMES = ("exact", "trains", "counts", "signs", "write-verify", "tiki-taka", "mixed-precision")
TRANSPOSED = ("shared", "separate", "learnt", "random")
HEADROOM = 6.0
EXAMPLES = ("bear", "8-6-3", "digits")
RELAXERS = ("ideal", "native", "ngspice")
ANALYSIS_STEPS = ("table", "cross-check", "wires", "power", "modes", "noise", "transients")
EVALUATION_STEPS = (
    "chips", "non-idealities", "signals", "cost", "baselines", "limits", "proposal", "outliers", "check",
    "break-even",
)  # fmt: skip
SPECIFIED = (
    "amplifier_gain", "opamp_gain_bandwidth", "input_offset", "opamp_output_resistance", "wire_resistance",
    "driver_resistance", "on_off_ratio", "levels", "programming_sigma", "read_noise", "stuck_off",
    "activation_gain_spread", "activation_offset_spread",
)  # fmt: skip
