"""`azure sources`: send a checked list of sources to a deployed app."""

import argparse
import json
from pathlib import Path

from lib.domain.source_file import parse_sources
from lib.errors import BadInput
from local.remote import remote


def run(options: argparse.Namespace) -> int:
    """Check the file here, then replace the list that the app keeps. Needs the role Admin."""
    try:
        text = Path(options.file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{options.file}: cannot be read as UTF-8 text: {error}") from error
    parse_sources(text, file=options.file, variables={"BASE_URL": options.url.rstrip("/")})
    reply = remote(options.url, token=options.token, client_id=options.client_id).call(
        "PUT", "/api/admin/sources", {"yaml": text}
    )
    if reply.status != 200:
        raise BadInput(f"the app did not take the list: {reply.problem}")
    print(json.dumps(reply.body))
    return 0
