"""What keeps failing: recorded with its reason, set aside, replayed after a fix."""

import hashlib
import logging
from collections.abc import Sequence

from lib.domain.messages import parse_build
from lib.domain.times import iso
from lib.errors import BadInput, NotFound, Transient
from lib.ports.clock import Clock
from lib.ports.dead_letters import DeadLetter, DeadLetters
from lib.ports.event_queue import EventQueue

logger = logging.getLogger(__name__)

DIED = "no reason was recorded: the process died while working on it (killed, out of memory or out of time)"


def letter_id(queue: str, body: str) -> str:
    """
    Name the record of a message: a build by document, version and feature set, anything else by its body.

    So copies of one message that differ in attempts or time share one record.
    """
    try:
        message = parse_build(body)
        key = f"{message.document_id}/{message.version}/{message.feature_set or ''}"
    except BadInput:
        key = body
    return hashlib.sha256(f"{queue}\x00{key}".encode("utf-8", "replace")).hexdigest()[:32]


def record_failure(
    body: bytes, error: BaseException, *, queue: str, attempt: int, letters: DeadLetters, clock: Clock
) -> None:
    """Keep the reason of a failure before it is raised: the poison queue will carry none."""
    text = body.decode("utf-8", "replace")
    now = iso(clock.now())
    key = letter_id(queue, text)
    before = letters.get([key]).get(key)
    reason = f"{type(error).__name__}: {error}"[:2_000]
    letters.save(
        [
            DeadLetter(
                id=key,
                queue=queue,
                body=text,
                reason=reason,
                attempts=attempt,
                first_at=before.first_at if before else now,
                last_at=now,
                set_aside=False,
            )
        ]
    )


def clear_failure(body: bytes, *, queue: str, letters: DeadLetters) -> None:
    """Forget the failures of a message that worked in the end."""
    letters.remove([letter_id(queue, body.decode("utf-8", "replace"))])


def set_aside(body: bytes, *, queue: str, letters: DeadLetters, events: EventQueue, clock: Clock) -> None:
    """
    Keep a message from a poison queue as a dead letter, joined with the reason that was recorded.

    Takes any body. If the store does not answer, the message goes back to the poison queue for a minute; it raises only
    if that fails too, because dropping it would be worse.
    """
    text = body.decode("utf-8", "replace")
    key = letter_id(queue, text)
    now = iso(clock.now())
    try:
        before = letters.get([key]).get(key)
        letters.save(
            [
                DeadLetter(
                    id=key,
                    queue=queue,
                    body=text,
                    reason=before.reason if before else DIED,
                    attempts=before.attempts if before else 0,
                    first_at=before.first_at if before else now,
                    last_at=before.last_at if before else now,
                    set_aside=True,
                )
            ]
        )
    except Transient as error:
        logger.warning("dead letter not kept yet queue=%s reason=%s", queue, error)
        events.send(f"{queue}-poison", [text], delay_s=60)
        return
    logger.error("set aside queue=%s id=%s reason=%s", queue, key, before.reason if before else DIED)


def replay(ids: Sequence[str], *, letters: DeadLetters, events: EventQueue) -> int:
    """
    Send dead letters back to their queues and forget them; returns how many.

    Sent first, forgotten then: a kill in between costs a second, harmless run.
    Raises: NotFound naming the first id that is unknown (then none is sent).
    """
    found = letters.get(list(ids))
    for key in ids:
        if key not in found:
            raise NotFound(f"there is no dead letter {key!r}: list them with GET /api/admin/dead-letters")
    for letter in found.values():
        events.send(letter.queue, [_afresh(letter.body)])
        letters.remove([letter.id])
    return len(found)


def _afresh(body: str) -> str:
    """A build that was put off too often may be put off as often again; anything else goes as it is."""
    try:
        return parse_build(body).model_copy(update={"attempts": 0}).to_json()
    except BadInput:
        return body
