// The last crawls of a source: small bars to see at a glance, and a table that says it.

import { el, trouble } from "./dom.js";
import { call } from "./http.js";
import { lasting, timeOf } from "./times.js";

const LAST = 30;

/** The timeline of a source, read when it is opened; `again()` reads it anew if it is open. */
export function timeline(id, open) {
  const inside = el("div", { class: "timeline" });
  const node = el("details", { open, ontoggle: read }, el("summary", {}, "Crawls"), inside);
  let reading = false;

  async function read() {
    if (!node.open || reading) return;
    reading = true;
    try {
      const { crawls } = await call(`/api/admin/sources/${encodeURIComponent(id)}/crawls?limit=${LAST}`);
      inside.replaceChildren(...(crawls.length ? [bars(crawls), table(id, crawls)] : [el("p", { class: "quiet" }, "No crawl has ended yet.")]));
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

const COLUMNS = ["Ended", "Outcome", "Took", "New", "Changed", "Gone", "Held", "Refused", "Failed", "Requests", "Tokens"];

function table(id, crawls) {
  return el(
    "div",
    { class: "wide", tabindex: "0", role: "region", "aria-label": `Last crawls of ${id}` },
    el(
      "table",
      {},
      el("thead", {}, el("tr", {}, ...COLUMNS.map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, ...crawls.flatMap(rows)),
    ),
  );
}

/** The row of a crawl, and one below it that says why it failed or stopped. */
function rows(crawl) {
  const { counts } = crawl;
  const numbers = [counts.new, counts.changed, counts.gone, counts.held, counts.refused, counts.failed, counts.requests, counts.tokens];
  const line = el(
    "tr",
    {},
    el("th", { scope: "row" }, timeOf(crawl.ended_at)),
    el("td", {}, el("span", { class: `badge ${crawl.outcome}` }, crawl.outcome)),
    el("td", {}, lasting(crawl.seconds)),
    ...numbers.map((number) => el("td", { title: rules(number) }, total(number).toLocaleString())),
  );
  return crawl.error ? [line, el("tr", { class: "why" }, el("td", { colspan: COLUMNS.length }, crawl.error))] : [line];
}

function total(number) {
  return typeof number === "number" ? number : Object.values(number).reduce((sum, n) => sum + n, 0);
}

/** "login 1, captcha 2" for what is counted by rule. */
function rules(number) {
  return typeof number === "number" ? null : Object.entries(number).map(([rule, n]) => `${rule} ${n}`).join(", ") || null;
}
