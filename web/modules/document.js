// Reading: the stored text of a version, with the quote marked.

import { el, hostOf, icon, outside, trouble } from "./dom.js";
import { call } from "./http.js";
import { lines, written } from "./markup.js";
import { timeOf, when } from "./times.js";

const WINDOW = 60_000; // code units shown around a quote at first: a whole page is rarely longer

/** The view of one document. */
export function reader(view) {
  let control = null;

  async function open({ path: [, id = ""], query }) {
    control?.abort();
    control = new AbortController();
    const { signal } = control;
    const version = query.get("version");
    const address = `/api/documents/${encodeURIComponent(id)}`;
    view.replaceChildren(back(), el("p", { class: "working-quietly" }, "Opening…"));
    try {
      const found = await call(version ? `${address}?${new URLSearchParams({ version })}` : address, { signal });
      const span = [query.get("start"), query.get("end")].map((n) => (/^\d{1,9}$/.test(n ?? "") ? Number(n) : null));
      show(found, span);
      if (version) newer(address, found, signal);
    } catch (error) {
      if (signal.aborted) return;
      document.title = "Not found · Plumbline";
      view.replaceChildren(back(), trouble(explained(error), error.status === 410 || error.status === 404 ? null : () => open({ path: ["", id], query })));
    }
  }

  function show(found, [start, end]) {
    const title = found.title || hostOf(found.url) || "Untitled";
    document.title = `${title} · Plumbline`;
    const from = start === null ? null : codeUnits(found.text, start);
    const to = start === null || end === null || end <= start ? null : from + codeUnits(found.text.slice(from), end - start);
    const body = el("div", { class: "document", lang: found.language || null });
    const mark = write(body, found.text, from, to);
    view.replaceChildren(
      back(),
      el("h1", { tabindex: "-1", class: says(found.text, title) ? "visually-hidden" : null }, title),
      el(
        "p",
        { class: "meta" },
        el("span", {}, "As fetched ", timeOf(found.fetched_at, when)),
        found.url && outside(found.url, "Live page", icon("out")),
        el("span", {}, `from ${found.source_id}`),
      ),
      body,
    );
    const target = mark ?? view.querySelector("h1");
    target.focus({ preventScroll: true });
    if (mark) mark.scrollIntoView({ block: "center" });
    else window.scrollTo(0, 0);
  }

  async function newer(address, found, signal) {
    try {
      const live = await call(address, { signal });
      if (live.version === found.version) return;
      const place = `#/documents/${encodeURIComponent(found.document_id)}`;
      view.querySelector(".meta").append(el("a", { href: place }, "There is a newer version"));
    } catch { /* the version at hand is what was asked for */ }
  }

  return {
    enter: open,
    leave() {
      control?.abort();
      view.replaceChildren();
    },
  };
}

function back() {
  const inside = history.length > 1;
  return el("a", { class: "back", href: "#/", onclick: (event) => {
    if (!inside) return;
    event.preventDefault();
    history.back();
  } }, icon("back"), "Back");
}

function explained(error) {
  if (error.status === 410) {
    return { ...error, title: "This document was deleted", detail: "It is gone at its source, so its text is not shown any more, in any version." };
  }
  if (error.status === 404) {
    return { ...error, title: "There is no such document", detail: "It may have expired, or it is not open to you." };
  }
  return error;
}

/** Whether the text begins with its title, so that it need not be said twice. */
function says(text, title) {
  return text.trimStart().split("\n", 1)[0].replace(/^#+\s*/, "").trim() === title.trim();
}

/** Offsets count code points; JavaScript counts UTF-16 units. */
function codeUnits(text, points) {
  let units = 0;
  for (let n = 0; n < points && units < text.length; n++) units += text.codePointAt(units) > 0xffff ? 2 : 1;
  return units;
}

/**
 * Write Markdown line by line, so that headings, lists, tables and code look the part.
 * Every character of the text is there (syntax is only hidden), so the marked span is exactly the quote.
 * Returns the first mark, if there is one.
 */
function write(body, text, from, to) {
  const around = from ?? 0;
  const first = around > WINDOW ? text.lastIndexOf("\n", around - WINDOW / 2) + 1 : 0;
  const cut = Math.max(to ?? 0, first + WINDOW);
  const last = cut < text.length ? text.indexOf("\n", cut) + 1 || text.length : text.length;
  const whole = () => el("button", { class: "button", type: "button", onclick: () => writeAll(body, text, from, to) }, "Show the whole text");
  let set = null; // the lines of one table or one block of code scroll together
  let offset = first;
  if (first > 0) body.append(whole());
  for (const { line, kind, hides } of lines(text.slice(first, last))) {
    const block = el("div", { class: `line ${kind}${hides ? " hides" : ""}` });
    const marked = from === null || to === null ? null : [from - offset, to - offset];
    block.append(...written(line, kind, marked));
    if (kind === "code" || kind === "row") {
      if (set?.dataset.kind !== kind) body.append((set = el("div", { class: "set", "data-kind": kind })));
      set.append(block);
    } else {
      set = null;
      body.append(block);
    }
    offset += line.length + 1;
  }
  if (last < text.length) body.append(whole());
  return focusable(body);
}

/** A very long text, plainly: marked, but without a block for each line. */
function writeAll(body, text, from, to) {
  const block = el("div", { class: "line" });
  block.append(...written(text, "code", from === null || to === null ? null : [from, to]));
  body.replaceChildren(block);
  focusable(body)?.scrollIntoView({ block: "center" });
}

function focusable(body) {
  const mark = body.querySelector("mark");
  mark?.setAttribute("tabindex", "-1");
  return mark;
}
