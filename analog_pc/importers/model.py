"""`import_network`: a file of another tool, by its suffix."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from analog_pc.errors import BadInput
from analog_pc.files import as_path
from analog_pc.importers.assemble import Imported
from analog_pc.importers.npz import open_npz
from analog_pc.importers.onnx import import_onnx
from analog_pc.importers.safetensors import open_safetensors
from analog_pc.importers.tensors import import_tensors

_TORCH = "in Python, safetensors.torch.save_file(model.state_dict(), 'model.safetensors')"
_SKLEARN = "in Python, analog_pc.importers.from_sklearn(mlp).save('net.npz')"
_KERAS = "in Python, numpy.savez('model.npz', kernel0=..., bias0=..., kernel1=..., ...)"
PROGRAMS = {
    ".pt": _TORCH, ".pth": _TORCH, ".ckpt": _TORCH, ".bin": _TORCH, ".pkl": _SKLEARN, ".pickle": _SKLEARN,
    ".joblib": _SKLEARN,
}  # fmt: skip
OTHERS = {".h5": _KERAS, ".hdf5": _KERAS, ".keras": _KERAS, ".npy": _KERAS}


def import_network(
    path: Path | str,
    maps: Sequence[str] = (),
    bias_maps: Sequence[str] = (),
    activation: str | None = None,
    output: str | None = None,
    layout: str | None = None,
) -> Imported:
    """The network in a file of another tool.

    Parameters
    ----------
    path
        ``.safetensors``, ``.npz`` or ``.onnx``.
    maps
        Names of the weights: patterns with ``{i}`` ("fc{i}.weight"), or plain names in order.  Not needed for
        ``coefs_0``, ... and ``W1``, ...; an ONNX graph knows its order.
    bias_maps
        As many names of the biases, or "none" alone; empty: by the usual words (weight -> bias).
    activation
        Activation of the hidden layers, which files of tensors do not hold.
    output
        Activation of the output in the model; None: linear, or what the file says.
    layout
        "post-pre" (PyTorch) or "pre-post" (Keras, scikit-learn); None: from shapes and names.

    Raises
    ------
    BadInput
        One line that starts with the file and names the tensor or node that stops the import.
    """
    path = as_path(path, "network")
    suffix = path.suffix.lower()
    if suffix in PROGRAMS:
        raise BadInput(f"{path}: a pickle is a program and never loaded; export it: {PROGRAMS[suffix]}")
    if suffix in OTHERS:
        raise BadInput(f"{path}: {suffix} is not read; export it: {OTHERS[suffix]}")
    try:
        if suffix == ".onnx":
            if maps or bias_maps or layout is not None:
                raise BadInput("a graph knows its layers: --map, --bias-map and --layout do not apply")
            return import_onnx(path, activation, output)
        opened = {".safetensors": open_safetensors, ".npz": open_npz}.get(suffix)
        if opened is None:
            raise BadInput("is none of .safetensors, .npz and .onnx")
        return import_tensors(opened(path), maps, bias_maps, activation, output, layout)
    except BadInput as refused:
        said = str(refused)
        raise BadInput(said if said.startswith(f"{path}: ") else f"{path}: {said}") from None
