"""ASK: retrieve, answer, check the citations, keep what is needed to replay it."""

import hashlib
import logging
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter

from lib.domain.answers import Answer, Hit, Usage
from lib.domain.callers import Caller
from lib.domain.citations import Grounded, ground
from lib.domain.times import iso
from lib.domain.words import content_words
from lib.pipelines.retrieve import Retrieved, Retriever, retrieve
from lib.ports.chat_model import REFUSAL, ChatDelta, ChatModel, ChatRequest, Passage, Turn
from lib.ports.clock import Clock
from lib.ports.conversations import Conversations, Exchange
from lib.ports.ledger import Fact, Ledger
from lib.ports.meter import Meter

logger = logging.getLogger(__name__)

SHORT_QUESTION = 3
"""A follow-up with no more content words than this is searched together with the question before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """The ports that answering needs."""

    retriever: Retriever
    chat: ChatModel
    conversations: Conversations
    ledger: Ledger
    meter: Meter
    clock: Clock
    passages: int
    keep_content: bool
    """The content switch: questions and answers go to the ledger too."""


def ask(
    question: str, *, caller: Caller, conversation_id: str, source_ids: tuple[str, ...] | None, asker: Asker
) -> Iterator[str | Answer]:
    """
    Answer a question: pieces of text as the model writes them, and last the checked Answer, whose text counts.

    Refused (`REFUSAL`, no citations): nothing was found, the model declined, or no statement could be proven.
    Raises: what the ports raise, at any step.
    """
    started = perf_counter()
    turns = asker.conversations.read(caller.id, conversation_id, limit=6) if conversation_id else []
    query = question
    if turns and len(content_words(question)) <= SHORT_QUESTION:
        query = f"{turns[-1].question} {question}"
    found = retrieve(query, top=asker.passages, caller=caller, source_ids=source_ids, retriever=asker.retriever)
    written: list[str] = []
    last = ChatDelta(text="", finish="stop")
    if found.hits:
        for delta in asker.chat.stream(_request(question, found.hits, turns)):
            last = delta if delta.finish else last
            if delta.text:
                written.append(delta.text)
                yield delta.text
    text = "".join(written).strip()
    grounded = ground(text, found.hits)
    refused = not grounded.citations
    facts = asker.chat.facts
    answer = Answer(
        answer_id="a" + uuid.uuid4().hex,
        conversation_id=conversation_id or "c" + uuid.uuid4().hex,
        text=REFUSAL if refused else grounded.text,
        citations=() if refused else grounded.citations,
        refused=refused,
        usage=Usage(
            embedding_tokens=found.embedding_tokens,
            prompt_tokens=last.prompt_tokens,
            completion_tokens=last.completion_tokens,
        ),
        model=facts.id,
        extractive=facts.extractive,
        note=facts.note,
        took_ms=(perf_counter() - started) * 1000,
    )
    _remember(question, answer, found, grounded, caller=caller, asker=asker)
    yield answer


def _request(question: str, hits: list[Hit], turns: list[Exchange]) -> ChatRequest:
    passages = tuple(
        Passage(marker=number, title=hit.title, heading=hit.heading, text=hit.text, score=hit.score)
        for number, hit in enumerate(hits, start=1)
    )
    history = tuple(Turn(question=turn.question, answer=turn.answer) for turn in turns)
    return ChatRequest(question=question, passages=passages, history=history)


def _remember(
    question: str, answer: Answer, found: Retrieved, grounded: Grounded, *, caller: Caller, asker: Asker
) -> None:
    """Conversation, ledger (rule 9) and meters (rule 10)."""
    now = iso(asker.clock.now())
    exchange = Exchange(
        owner_id=caller.id,
        conversation_id=answer.conversation_id,
        answer_id=answer.answer_id,
        question=question,
        answer=answer.text,
        at=now,
    )
    asker.conversations.append(exchange)
    content = {"question": question, "answer": answer.text} if asker.keep_content else {}
    facts = {
        "question_sha256": hashlib.sha256(question.encode("utf-8", "replace")).hexdigest(),
        "owner_id": caller.id,
        "groups": list(caller.groups),
        "feature_set": found.feature_set,
        "model": answer.model,
        "prompt": asker.chat.facts.prompt_version,
        "refused": answer.refused,
        "markers_dropped": grounded.dropped,
        "chunks": [{"id": hit.chunk_id, "score": round(hit.score, 4)} for hit in found.hits],
        "citations": [
            {"document_id": c.document_id, "version": c.document_version, "start": c.start, "end": c.end}
            for c in answer.citations
        ],
        "usage": {
            "embedding_tokens": answer.usage.embedding_tokens,
            "prompt_tokens": answer.usage.prompt_tokens,
            "completion_tokens": answer.usage.completion_tokens,
        },
        "took_ms": round(answer.took_ms, 1),
        **content,
    }
    fact = Fact(id=answer.answer_id, subject_id=f"answer:{answer.answer_id}", kind="answered", at=now, facts=facts)
    asker.ledger.append([fact])
    asker.meter.record(
        {
            "answers": 1,
            "refusals": float(answer.refused),
            "query_embedding_tokens": answer.usage.embedding_tokens,
            "chat_prompt_tokens": answer.usage.prompt_tokens,
            "chat_completion_tokens": answer.usage.completion_tokens,
            "answer_ms": answer.took_ms,
        }
    )
    logger.info(
        "answered id=%s refused=%s citations=%d ms=%.0f",
        *(answer.answer_id, answer.refused, len(answer.citations), answer.took_ms),
    )
