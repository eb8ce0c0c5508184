"""The embedded chat model: it answers by quoting."""

from collections.abc import Iterator

from lib.domain.extraction import Source, extract
from lib.ports.chat_model import REFUSAL, ChatDelta, ChatRequest, ModelFacts
from lib.ports.embedder import Embedder


class ExtractiveChatModel:
    """
    Quotes the sentences that support an answer best, or refuses. No model of language is involved.

    It costs no tokens; the history of a conversation is not used.
    """

    def __init__(self, *, embedder: Embedder) -> None:
        self._embedder = embedder

    @property
    def facts(self) -> ModelFacts:
        """Constant."""
        return ModelFacts(
            id="extractive-1",
            extractive=True,
            note="Answers are quotes: this model picks sentences from the documents and writes nothing itself.",
            prompt_version="",
        )

    def stream(self, request: ChatRequest) -> Iterator[ChatDelta]:
        """One quote after the other, each with its marker; or the refusal."""
        passages = [
            Source(context=" > ".join(part for part in (p.title, p.heading) if part), text=p.text, score=p.score)
            for p in request.passages
        ]
        found = extract(request.question, passages, cosines=self._cosines)
        if not found:
            yield ChatDelta(text=REFUSAL, finish="stop")
            return
        for place, sentence in enumerate(found):
            marker = request.passages[sentence.passage].marker
            yield ChatDelta(text=f"{' ' if place else ''}{sentence.text} [{marker}]")
        yield ChatDelta(text="", finish="stop")

    def _cosines(self, question: str, texts: list[str]) -> list[float]:
        vector = self._embedder.embed([question], purpose="query").vectors[0]
        return [float(value) for value in self._embedder.embed(texts, purpose="query").vectors @ vector]
