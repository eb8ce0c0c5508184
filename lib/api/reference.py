"""/api/docs: the API reference as one page without scripts, written from the OpenAPI document; and that document."""

import json
from collections import defaultdict
from html import escape
from typing import Any

from fastapi import APIRouter, Request, Response

from lib.api.api import Api
from lib.api.auth import Reader, TheApi
from lib.api.examples import curl, example_of, fields_of, resolve
from lib.api.html import Link, conditional, write_page
from lib.api.markdown import inline_html, slug
from lib.api.problem_kinds import KINDS
from lib.api.problems import MEDIA_TYPE

router = APIRouter(include_in_schema=False)

_INTRODUCTION = """\
<h1>API</h1>
<p class="lead">Everything the page can do, any program can do. Bodies are JSON in UTF-8, times are UTC in ISO 8601,
errors are <a href="#errors">problem documents</a>. The same contract for tools: <a href="/api/openapi.json"><code>\
/api/openapi.json</code></a> (OpenAPI 3.1).</p>
<h2 id="first-steps">First steps</h2>
<p>Ask a question and get an answer with citations:</p>
<pre><code>curl -s {base}/api/ask \\
  -H 'Content-Type: application/json' \\
  -d '{{"question": "What happens when a page is deleted?"}}'</code></pre>
<p>The same, word by word as it is made, as server-sent events (<code>delta</code>, <code>citations</code>,
<code>done</code> or <code>error</code>):</p>
<pre><code>curl -sN {base}/api/ask \\
  -H 'Content-Type: application/json' -H 'Accept: text/event-stream' \\
  -d '{{"question": "What happens when a page is deleted?"}}'</code></pre>
<p>Each citation names a document, a version and a span. The stored text of that version stays readable after the
page has changed:</p>
<pre><code>curl -s '{base}/api/documents/DOCUMENT_ID?version=VERSION'</code></pre>
<h2 id="access">Who may call</h2>
{access}
<p>Browsers may call from this app's own pages only: there are no CORS headers, and a request that changes something
or asks a question is refused (403) when it comes from another site's page. Other programs need nothing special.</p>
<h2 id="limits">Limits</h2>
<p>Bodies may have 1&nbsp;MB, pushed documents 8&nbsp;MB; a question 4,000 characters. Unknown fields and wrong types
are refused with a message that names the field, what is wrong and how to put it right. Every response has the header
<code>X-Request-Id</code>: the trace id (yours, if you send a W3C <code>traceparent</code>).</p>
"""

_ACCESS = {
    "loopback": "<p>This installation runs on a laptop: whoever reaches it is its owner and has every role. It answers "
    "to <code>localhost</code> only.</p>",
    "platform": "<p>This installation trusts Azure's authentication (App Service authentication): send a token of its "
    "identity provider as <code>Authorization: Bearer …</code>. Roles come from the token: <code>Reader</code> asks "
    "and reads, <code>Operator</code> also sees status and dead letters and starts crawls, <code>Admin</code> "
    "does everything. What a caller may read is decided by their groups, for every document, at every request.</p>",
}


@router.api_route("/api/openapi.json", methods=["GET", "HEAD"])
def read_openapi(request: Request, caller: Reader) -> Response:  # noqa: ARG001 - the role is what counts
    """Serve the OpenAPI document."""
    body = json.dumps(request.app.openapi(), ensure_ascii=False).encode()
    return conditional(request, body, media_type="application/json")


@router.api_route("/api/docs", methods=["GET", "HEAD"])
def read_reference(request: Request, api: TheApi, caller: Reader) -> Response:  # noqa: ARG001
    """Serve the reference."""
    html = write_reference(request.app.openapi(), api)
    return conditional(request, html.encode(), media_type="text/html")


def write_reference(document: dict[str, Any], api: Api) -> str:
    """Write the reference of an OpenAPI document."""
    base = api.settings.base_url.rstrip("/")
    groups: dict[str, list[tuple[str, str, dict[str, Any]]]] = defaultdict(list)
    for path, item in document["paths"].items():
        for method, operation in item.items():
            groups[operation["tags"][0]].append((method.upper(), path, operation))
    main = [_INTRODUCTION.format(base=escape(base), access=_ACCESS[api.settings.auth])]
    contents: list[tuple[str, list[Link]]] = [
        ("", [Link(title="First steps", address="#first-steps"), Link(title="Who may call", address="#access"),
              Link(title="Limits", address="#limits"), Link(title="Errors", address="#errors")])
    ]  # fmt: skip
    for tag in document["tags"]:
        operations = groups[tag["name"]]
        main.append(f'<h2 id="{slug(tag["name"])}">{escape(tag["name"])}</h2>')
        main.append(f"<p>{inline_html(tag['description'])}</p>")
        main += [_operation(method, path, operation, document, base) for method, path, operation in operations]
        contents.append(
            (tag["name"], [Link(title=op["summary"], address=f"#{op['operationId']}") for _, _, op in operations])
        )
    main.append(_errors())
    return write_page(
        title="Plumbline API",
        section="/api/docs",
        contents=contents,
        main="\n".join(main),
        canonical=f"{base}/api/docs",
        description="The HTTP API of Plumbline: ask, search, documents, status, push, administration.",
    )


def _operation(method: str, path: str, operation: dict[str, Any], document: dict[str, Any], base: str) -> str:
    parts = [
        f'<section class="operation" aria-labelledby="{operation["operationId"]}">',
        f'<h3 id="{operation["operationId"]}">{escape(operation["summary"])}</h3>',
        f'<p class="endpoint"><span class="method {method.lower()}">{method}</span> <code>{escape(path)}</code></p>',
        *(f"<p>{inline_html(paragraph)}</p>" for paragraph in operation.get("description", "").split("\n\n")),
    ]
    if parameters := operation.get("parameters"):
        parts.append("<h4>Parameters</h4>" + _table(_parameter(p, document) for p in parameters))
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body:
        parts.append("<h4>Body</h4>" + _table(fields_of(body, document)))
    parts.append(f"<h4>Example</h4><pre><code>{escape(curl(method, path, operation, document, base))}</code></pre>")
    parts += [_success(status, response, document) for status, response in operation["responses"].items()]
    parts.append(_failures(operation))
    return "\n".join([*parts, "</section>"])


def _parameter(parameter: dict[str, Any], document: dict[str, Any]) -> tuple[str, str, str]:
    schema = resolve(parameter["schema"], document)
    name, kind, _ = next(iter(fields_of({"properties": {parameter["name"]: schema}}, document)))
    needed = "" if parameter.get("required") else ", optional"
    place = {"path": "in the address", "query": "in the query string"}[parameter["in"]]
    return name, f"{kind}{needed}", f"{parameter.get('description', '')} ({place})"


def _table(rows: Any) -> str:
    cells = "".join(
        f'<tr><th scope="row"><code>{escape(name)}</code></th><td>{escape(kind)}</td><td>{inline_html(text)}</td></tr>'
        for name, kind, text in rows
    )
    return f'<div class="scroll"><table class="fields"><tbody>{cells}</tbody></table></div>'


def _success(status: str, response: dict[str, Any], document: dict[str, Any]) -> str:
    content = {kind: c for kind, c in response.get("content", {}).items() if kind != MEDIA_TYPE}
    if not content and not status.startswith("2"):
        return ""
    parts = [f"<h4>{status}: {'answer' if status.startswith('2') else 'failing'}</h4>"]
    if response["description"] not in ("Successful Response", ""):
        parts.append(f"<p>{inline_html(response['description'])}</p>")
    if not content:
        parts.append("<p>No body.</p>")
    for kind, entry in content.items():
        if kind == "application/json":
            example = json.dumps(example_of(entry["schema"], document), indent=2, ensure_ascii=False)
            parts.append(
                _table(fields_of(entry["schema"], document))
                + f"<details><summary>Example</summary><pre><code>{escape(example)}</code></pre></details>"
            )
        else:
            parts.append(f"<p><code>{kind}</code>:</p><pre><code>{escape(entry.get('example', ''))}</code></pre>")
    return "\n".join(parts)


def _failures(operation: dict[str, Any]) -> str:
    slugs = [
        slug
        for response in operation["responses"].values()
        for slug in response.get("content", {}).get(MEDIA_TYPE, {}).get("examples", {})
    ]
    usual = {"unauthenticated", "cross-site", "foreign-host", "internal", "misconfigured", "storage-full", "try-again"}
    links = [f'<a href="#problem-{s}">{KINDS[s].status} {s}</a>' for s in slugs if s not in usual]
    return f'<p class="failures">Errors: {", ".join(links)}, and <a href="#errors">those of every operation</a>.</p>'


def _errors() -> str:
    example = {
        "type": KINDS["invalid-request"].type,
        "title": KINDS["invalid-request"].title,
        "status": 422,
        "detail": "top: it is too large; give 50 or less.",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "errors": [{"field": "top", "problem": "it is too large", "fix": "give 50 or less"}],
    }
    rows = "".join(
        f'<tr id="problem-{kind.slug}"><th scope="row"><code>{kind.slug}</code></th><td>{kind.status}</td>'
        f"<td><strong>{escape(kind.title)}.</strong> {inline_html(kind.advice)}</td></tr>"
        for kind in KINDS.values()
    )
    return (
        '<h2 id="errors">Errors</h2>\n<p>Every error is a problem document (<a href="https://www.rfc-editor.org/rfc/'
        f'rfc9457">RFC 9457</a>) of the type <code>{MEDIA_TYPE}</code>. <code>type</code> is stable and leads to a row '
        "of this table; <code>detail</code> says what is wrong in this request and what to do; <code>trace_id</code> "
        f"finds it in the log.</p>\n<pre><code>{escape(json.dumps(example, indent=2))}</code></pre>\n"
        f'<div class="scroll"><table class="fields codes"><tbody>{rows}</tbody></table></div>'
    )
