"""The plan of a made-up crawl."""

from lib.errors import BadInput, NotFound, Unreachable
from lib.pipelines.plan import Number, Plan, Sample

NOTHING = Number(value=0, basis="listed")
PLAN = Plan(
    source_id="handbook",
    kind="sitemap",
    found=Number(value=1_200, basis="listed"),
    new=Number(value=1_000, basis="listed"),
    known=Number(value=200, basis="listed"),
    asked=Number(value=50, basis="listed"),
    avoided=Number(value=150, basis="listed"),
    changed=NOTHING,
    unlisted=Number(value=3, basis="measured"),
    is_anew=False,
    tokens_a_page=Number(value=800.5, basis="measured"),
    tokens=Number(value=800_500, basis="estimated"),
    tokens_at_most=Number(value=840_525, basis="estimated"),
    price=0.0,
    is_free=False,
    cost=None,
    cost_at_most=None,
    max_pages=100_000,
    max_tokens=0,
    limits=(),
    sample=Sample(
        stored=0, brought=0, fetched=10, without_text=1, failed=0, problem="/x: 404", smallest=200, largest=1_900
    ),
    seconds=1.2,
)


def plan_in_memory(source_id: str, sample: int) -> Plan:
    if source_id == "intranet":
        raise BadInput("source 'intranet' is fed by its API: there is nothing to crawl")
    if source_id == "manual" and sample == 13:
        raise Unreachable("sitemap 'http://localhost:7071/manual/' cannot be read now: connection refused")
    if source_id not in ("manual", "handbook"):
        raise NotFound(f"there is no source {source_id!r}: there is manual, handbook, intranet")
    return PLAN
