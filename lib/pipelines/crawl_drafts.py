"""The document that a fetched page would be."""

from lib.domain.documents import Document, DocumentId, Provenance, SourceId
from lib.pipelines.crawl_book import Tally
from lib.pipelines.crawl_guards import Inspected
from lib.ports.crawl_state import UrlState
from lib.ports.source_reader import Fetched


def draft_of(name: DocumentId, met: UrlState, seen: Inspected, result: Fetched, tally: Tally) -> Document:
    """A document without a version, with all that is known of where it came from."""
    source, page = tally.source, seen.page
    return Document(
        id=name,
        source_id=SourceId(source.id),
        url=met.url,
        title=page.title,
        text=page.text,
        content_hash="",
        version=0,
        provenance=Provenance(
            fetched_at=result.fetched_at,
            crawl_id=tally.crawl_id,
            requested_url=result.url,
            final_url=result.final_url or result.url,
            etag=result.etag,
            last_modified=result.last_modified,
            extractor=tally.extractor,
            raw_hash=result.raw_hash,
            published=page.published,
            flags=seen.flags,
        ),
        language=page.language,
        media_type=page.media_type,
        anchors=page.anchors,
        access=source.access,
        aliases=tuple(alias for alias in met.aliases if alias != met.url),
    )
