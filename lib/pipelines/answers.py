"""Answers afterwards: replay with lineage, and feedback."""

from typing import Any, Literal

from lib.domain.callers import Caller
from lib.domain.documents import DocumentId
from lib.domain.features import parse_chunk_id
from lib.domain.times import iso
from lib.errors import NotFound
from lib.ports.clock import Clock
from lib.ports.conversations import Conversations
from lib.ports.document_store import DocumentStore
from lib.ports.ledger import Fact, Ledger


def read_answer(answer_id: str, *, caller: Caller, ledger: Ledger, documents: DocumentStore) -> dict[str, Any]:
    """
    Everything that an answer was made of: chunk versions, scores, model, prompt, usage; and its documents' state now.

    Only who asked may see it, and an Admin. Raises: NotFound.
    """
    found = ledger.read(f"answer:{answer_id}", limit=20)
    answered = next((fact for fact in found if fact.kind == "answered"), None)
    if answered is None or not (caller.id == answered.facts.get("owner_id") or "Admin" in caller.roles):
        raise NotFound(f"there is no answer {answer_id!r} of yours")
    chunks = answered.facts.get("chunks", [])
    ids = {parse_chunk_id(chunk["id"])[0] for chunk in chunks}
    current = documents.get(sorted(ids))
    lineage = []
    for chunk in chunks:
        id, version, feature_set, ordinal = parse_chunk_id(chunk["id"])
        now = current.get(DocumentId(id))
        lineage.append(
            {
                "chunk_id": chunk["id"],
                "score": chunk["score"],
                "document_id": id,
                "document_version": version,
                "feature_set": feature_set,
                "ordinal": ordinal,
                "source_id": now.source_id if now else None,
                "crawl_id": now.provenance.crawl_id if now and now.version == version else None,
                "current_version": now.version if now else None,
                "deleted": now.deleted if now else None,
            }
        )
    hidden = {"chunks", "owner_id"}
    facts = {key: value for key, value in answered.facts.items() if key not in hidden}
    feedback = [{"at": fact.at, **fact.facts} for fact in found if fact.kind == "feedback"]
    return {"answer_id": answer_id, "at": answered.at, **facts, "lineage": lineage, "feedback": feedback}


def give_feedback(
    answer_id: str,
    *,
    feedback: Literal["up", "down"],
    comment: str,
    caller: Caller,
    conversations: Conversations,
    ledger: Ledger,
    clock: Clock,
) -> None:
    """
    Keep what the asker thinks of an answer; a second time replaces the first. The ledger notes it, not the comment.

    Raises: NotFound.
    """
    if not conversations.give_feedback(caller.id, answer_id, feedback=feedback, comment=comment):
        raise NotFound(f"there is no answer {answer_id!r} of yours")
    now = iso(clock.now())
    subject = f"answer:{answer_id}"
    facts = {"feedback": feedback}
    ledger.append([Fact(id=f"feedback-{now}", subject_id=subject, kind="feedback", at=now, facts=facts)])
