// The last crawls of a source: small bars to see at a glance, and a table that says it.

import { el, trouble } from "./dom.js";
import { call } from "./http.js";
import { lasting, timeOf, when } from "./times.js";

const LAST = 30;

/** The timeline of a source, read when it is opened; `again()` reads it anew if it is open. */
export function timeline(id, open) {
  const inside = el("div", { class: "timeline" });
  const node = el("details", { open, ontoggle: read }, el("summary", {}, "Crawls"), inside);
  const opened = new Set();
  let reading = false;

  async function read() {
    if (!node.open || reading) return;
    reading = true;
    try {
      const { crawls } = await call(`/api/admin/sources/${encodeURIComponent(id)}/crawls?limit=${LAST}`);
      const focused = inside.contains(document.activeElement) && document.activeElement.getAttribute("aria-controls");
      inside.replaceChildren(...(crawls.length ? [bars(crawls), table(id, crawls, opened)] : [el("p", { class: "quiet" }, "No crawl has ended yet.")]));
      if (focused) inside.querySelector(`[aria-controls="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    } catch (error) {
      if (error.status === 403) node.remove();
      else inside.replaceChildren(trouble(error, read));
    }
    reading = false;
  }

  return { node, again: read };
}

/** One bar a crawl, oldest first: as high as much changed. The table says the same, so nobody needs to see them. */
function bars(crawls) {
  const most = Math.max(1, ...crawls.map(did));
  return el("div", { class: "bars", "aria-hidden": "true" }, ...crawls.toReversed().map((crawl) => {
    const bar = el("span", { class: `crawl-bar ${crawl.outcome}`, title: `${did(crawl).toLocaleString()} changes` });
    bar.style.setProperty("--part", (did(crawl) / most).toFixed(3));
    return bar;
  }));
}

function did({ counts }) {
  return counts.new + counts.changed + counts.gone;
}

/** What a row shows; the rest is below it, when it is opened. */
const COLUMNS = ["Ended", "Outcome", "Took", "Found", "Fetched", "New", "Changed", "Gone", "Held", "Refused", "Failed"];

/** All that a crawl counts, and what each number means. */
const NUMBERS = {
  found: "addresses that it looked at",
  fetched: "pages that were read whole",
  unchanged: "pages whose meaning is as it was",
  avoided: "pages taken for unchanged without a request",
  duplicates: "pages that say the same as another one",
  new: "new documents",
  changed: "documents that got a new version",
  gone: "documents that were deleted",
  held: "versions held back, by rule",
  refused: "addresses that were not taken, by rule",
  failed: "pages that could not be fetched",
  requests: "requests that were sent",
  bytes: "bytes that were received",
  tokens: "estimated tokens of the changed text",
};

function table(id, crawls, opened) {
  return el(
    "div",
    { class: "wide", tabindex: "0", role: "region", "aria-label": `Last crawls of ${id}` },
    el(
      "table",
      {},
      el("thead", {}, el("tr", {}, ...COLUMNS.map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, ...crawls.flatMap((crawl) => rows(id, crawl, opened))),
    ),
  );
}

/** The row of a crawl, one below it that says why it failed or stopped, and one that is opened for all its numbers. */
function rows(id, crawl, opened) {
  const all = el("tr", { class: "all", id: `crawl-${id}-${crawl.crawl_id}`, hidden: !opened.has(crawl.crawl_id) }, el("td", { colspan: COLUMNS.length }, everything(crawl)));
  const button = el("button", { type: "button", "aria-expanded": String(!all.hidden), "aria-controls": all.id, onclick: toggle }, timeOf(crawl.ended_at));

  function toggle() {
    all.hidden = !all.hidden;
    button.setAttribute("aria-expanded", String(!all.hidden));
    if (all.hidden) opened.delete(crawl.crawl_id);
    else opened.add(crawl.crawl_id);
    for (const row of all.hidden ? [] : [all, line]) row.scrollIntoView({ block: "nearest" });
  }

  const line = el(
    "tr",
    {},
    el("th", { scope: "row" }, button),
    el("td", {}, el("span", { class: `badge ${crawl.outcome}` }, crawl.outcome)),
    el("td", {}, lasting(crawl.seconds)),
    ...COLUMNS.slice(3).map((name) => number(crawl.counts[name.toLowerCase()])),
  );
  return crawl.error ? [line, el("tr", { class: "why" }, el("td", { colspan: COLUMNS.length }, crawl.error)), all] : [line, all];
}

function number(counted) {
  return el("td", { title: rules(counted) || null }, total(counted).toLocaleString());
}

function everything(crawl) {
  const numbers = Object.entries(NUMBERS).map(([name, means]) => {
    const counted = crawl.counts[name];
    const sum = total(counted);
    const shown = name === "bytes" ? size(sum) : sum.toLocaleString();
    return el(
      "div",
      { title: means },
      el("dt", {}, name[0].toUpperCase() + name.slice(1)),
      el("dd", { class: sum ? null : "none" }, shown, rules(counted) && el("span", { class: "rules" }, rules(counted))),
    );
  });
  const began = crawl.started_at && el("span", {}, `began ${when(crawl.started_at)}`);
  const problems = crawl.problems.length > 0 && el("div", { class: "problems" }, el("h3", {}, "Became no document"), el("ul", {}, ...crawl.problems.map((line) => el("li", {}, line))));
  return el("div", { class: "inner" }, el("dl", { class: "numbers" }, ...numbers), problems, el("p", { class: "meta" }, el("span", {}, `Crawl ${crawl.crawl_id}`), began));
}

function total(counted) {
  return typeof counted === "number" ? counted : Object.values(counted).reduce((sum, n) => sum + n, 0);
}

/** "login 1, captcha 2" for what is counted by rule. */
function rules(counted) {
  return typeof counted === "number" ? "" : Object.entries(counted).map(([rule, n]) => `${rule} ${n}`).join(", ");
}

/** Bytes as "812 B", "34 kB" or "1.2 MB". */
function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  const [unit, length] = bytes < 1e6 ? ["kB", 1e3] : bytes < 1e9 ? ["MB", 1e6] : ["GB", 1e9];
  return `${(bytes / length).toLocaleString(undefined, { maximumSignificantDigits: bytes / length < 10 ? 2 : 3 })} ${unit}`;
}
