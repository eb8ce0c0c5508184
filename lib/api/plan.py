"""/api/admin/sources/{source_id}/plan: what a crawl would fetch and embed, before it does."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field

from lib.api.auth import Administrator, TheApi
from lib.api.contract import JsonRoute, problems
from lib.api.schemas import Out

router = APIRouter(prefix="/api/admin", tags=["Administration"], route_class=JsonRoute)


class NumberOut(Out):
    """A number that says where it comes from."""

    value: float | None = Field(description="Null if it is unknown.", examples=[1200])
    basis: Literal["listed", "measured", "estimated", "unknown"] = Field(
        description="`listed`: by the listing and what earlier crawls remember; `measured`: by pages that were read; "
        "`estimated`: multiplied from a sample.",
        examples=["listed"],
    )
    at_least: bool = Field(description="There may be more: not everything was looked at.")


class SampleOut(Out):
    """The pages that token counts come from."""

    stored: int = Field(description="Documents of earlier crawls.")
    brought: int = Field(description="New ones that came along with the listing.")
    fetched: int = Field(description="Pages asked for now.", examples=[10])
    without_text: int = Field(description="Refused, gone, held back or empty: they count as pages without tokens.")
    failed: int = Field(description="No verdict this time: they do not count.")
    problem: str = Field(description="The first reason why one of them has no text.")
    smallest: int = Field(description="Tokens of the page with the fewest.", examples=[180])
    largest: int = Field(description="Tokens of the page with the most.", examples=[2400])


class PlanOut(Out):
    """What the next crawl of a source would do by its schedule."""

    source_id: str
    kind: str = Field(examples=["sitemap"])
    found: NumberOut = Field(description="Addresses in scope.")
    new: NumberOut = Field(description="Of those: never read.")
    known: NumberOut = Field(description="Of those: read by earlier crawls.")
    asked: NumberOut = Field(description="Of the known: asked for again, mostly at the cost of a `304`.")
    avoided: NumberOut = Field(description="Of the known: taken for unchanged without a request.")
    changed: NumberOut = Field(description="Of those asked for: the listing says that they changed.")
    unlisted: NumberOut = Field(description="Documents that the listing does not name.")
    is_anew: bool = Field(description="Everything is read whole: the settings of the source changed, or Plumbline did.")
    tokens_a_page: NumberOut = Field(description="Mean of the sample.")
    tokens: NumberOut = Field(description="Of the new pages, by four characters each.")
    tokens_at_most: NumberOut = Field(description="If each document that is asked for had changed, too.")
    price: float = Field(description="Of a million tokens (`EMBEDDING_PRICE`); 0: none is set.")
    is_free: bool = Field(description="The embedded model makes the vectors.")
    cost: float | None = Field(description="Of `tokens`, in the currency of the price; null if it is unknown.")
    cost_at_most: float | None = Field(description="Of `tokens_at_most`.")
    max_pages: int
    max_tokens: int = Field(description="Budget of one crawl; 0: none.")
    limits: list[str] = Field(description="Budgets that would stop the crawl, in words.")
    sample: SampleOut
    seconds: float = Field(description="How long planning took.")


@router.get("/sources/{source_id}/plan", responses=problems("not-found"))
def plan_crawl(
    source_id: Annotated[str, Path(max_length=63, description="Id of a source.")],
    api: TheApi,
    caller: Administrator,  # noqa: ARG001 - the role is what counts
    sample: Annotated[int, Query(ge=0, le=100, description="New pages to fetch for token counts, at most.")] = 10,
) -> PlanOut:
    """List a source and read a few of its pages, to say what a crawl would fetch and embed. Nothing is stored."""
    return PlanOut.model_validate(api.admin.plan(source_id, sample))
