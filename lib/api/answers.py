"""/api/answers/{id}: replay, lineage and feedback."""

from typing import Annotated

from fastapi import APIRouter, Path

from lib.api.auth import Reader, TheApi
from lib.api.contract import JsonRoute, problems
from lib.api.reports import AnswerRecord
from lib.api.schemas import FeedbackBody

router = APIRouter(tags=["Answers"], route_class=JsonRoute)

AnswerId = Annotated[str, Path(max_length=64, description="`answer_id` of an answer.")]


@router.get("/api/answers/{answer_id}", responses=problems("not-found", "gone"))
def read_answer(answer_id: AnswerId, api: TheApi, caller: Reader) -> AnswerRecord:
    """Say what an answer was made of: chunks with versions and scores, prompt, model and configuration."""
    return AnswerRecord.model_validate(api.read_answer(answer_id, caller=caller))


@router.post("/api/answers/{answer_id}/feedback", status_code=204, responses=problems("not-found"))
def give_feedback(answer_id: AnswerId, body: FeedbackBody, api: TheApi, caller: Reader) -> None:
    """Say whether an answer of yours was helpful. Saying it again replaces what was said before."""
    api.give_feedback(answer_id, feedback=body.feedback, comment=body.comment, caller=caller)
