"""`POST /openai/v1/embeddings`: MiniLM behind the wire format of Azure OpenAI."""

import base64
from typing import Any

import numpy as np

from lib.domain.vectors import Vectors
from local.standins.openai.deployments import EMBEDDING
from local.standins.openai.refusals import filtered, invalid, not_deployed
from local.standins.openai.state import OpenAIState

MOST_INPUTS = 2_048
MOST_TOKENS = 300_000


def embeddings(state: OpenAIState, body: dict[str, Any]) -> dict[str, Any]:
    """
    Answer one request.

    Shapes: `input` is a text or a list of texts; `data[].embedding` is a list of numbers or, with `encoding_format`
    base64, their little-endian float32. Raises: Refused as the service would.
    """
    if body.get("model") != EMBEDDING.name:
        raise not_deployed(body.get("model"))
    texts = _texts(body.get("input"))
    encoding = body.get("encoding_format", "float")
    if encoding not in {"float", "base64"}:
        raise invalid("'encoding_format' must be float or base64", param="encoding_format")
    dimensions = _dimensions(body.get("dimensions"))
    counts = state.embedder.count_tokens(texts)
    if sum(counts) > MOST_TOKENS:
        raise invalid(f"Requested {sum(counts)} tokens, max {MOST_TOKENS} tokens per request", param="input")
    if max(counts) > EMBEDDING.max_tokens:
        raise invalid(
            f"This model's maximum context length is {EMBEDDING.max_tokens} tokens, however you requested "
            f"{max(counts)} tokens. Please reduce your prompt."
        )
    if any(state.faults.draw("openai", "content_filter", text=text) for text in texts):
        raise filtered()
    vectors = state.embedder.embed(texts, purpose="passage").vectors[:, :dimensions]
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    data = [
        {"object": "embedding", "index": index, "embedding": _encoded(vector, encoding)}
        for index, vector in enumerate(vectors)
    ]
    used = sum(counts)
    return {
        "object": "list",
        "model": EMBEDDING.name,
        "data": data,
        "usage": {"prompt_tokens": used, "total_tokens": used},
    }


def _texts(given: Any) -> list[str]:
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) and text for text in texts):
        raise invalid("'$.input' is invalid: a text that is not empty, or a list of them (no tokens)", param="input")
    if len(texts) > MOST_INPUTS:
        raise invalid(f"'$.input' is invalid: at most {MOST_INPUTS} inputs, got {len(texts)}", param="input")
    return texts


def _dimensions(given: Any) -> int:
    if given is None:
        return EMBEDDING.dimensions
    if not isinstance(given, int) or isinstance(given, bool) or not 1 <= given <= EMBEDDING.dimensions:
        raise invalid(
            f"Invalid value for 'dimensions' = {given}. Must be from 1 to {EMBEDDING.dimensions}.", param="dimensions"
        )
    return given


def _encoded(vector: Vectors, encoding: str) -> str | list[float]:
    if encoding == "base64":
        return base64.b64encode(vector.astype("<f4").tobytes()).decode()
    return [float(value) for value in vector]
