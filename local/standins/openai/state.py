"""What the OpenAI stand-in keeps."""

from lib.adapters.local.minilm_embedder import MiniLmEmbedder
from local.standins.faults import Faults


class OpenAIState:
    """The models, loaded at their first use; nothing is stored."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.embedder = MiniLmEmbedder()
