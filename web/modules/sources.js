// The sources: how each is doing, what its crawls did, and what they held back.

import { announce, el, trouble } from "./dom.js";
import { call } from "./http.js";
import { timeline } from "./crawls.js";
import { heldList } from "./held.js";
import { lasting, timeOf } from "./times.js";

const EVERY_MS = 3000;
const FEW = 8;
/** With so many sources or fewer, their timelines are open from the start. */
const COUNTS = ["found", "fetched", "avoided", "unchanged", "changed", "new", "gone", "held", "refused", "failed", "duplicates"];
const WORDS = { complete: "complete", running: "crawling", push: "pushed" };

/** The view; looks again by itself while it is shown. */
export function sources(view) {
  const place = el("div", { class: "trouble-place" });
  const mistake = el("p", { class: "reason", role: "status" });
  const list = el("div", { class: "source-list" });
  const held = heldList(look);
  view.append(
    el("h1", { tabindex: "-1" }, "Sources"),
    el("p", { class: "lead" }, "What each crawl did, what it held back, and why."),
    place,
    mistake,
    list,
    held.node,
  );
  const cards = new Map();
  let timer = 0;
  let mayDecide = true;
  let only = "";

  async function look() {
    clearTimeout(timer);
    try {
      const report = await call("/api/status");
      if (mayDecide) mayDecide = await held.look(only);
      place.replaceChildren();
      write(report);
    } catch (error) {
      place.replaceChildren(trouble(error, look));
    }
    clearTimeout(timer);
    if (!view.hidden) timer = setTimeout(look, EVERY_MS);
  }

  function write(report) {
    mistake.replaceChildren(...(report.sources_error ? [el("strong", {}, "The sources file is wrong; what it said before holds. "), report.sources_error] : []));
    const ids = report.sources.map((entry) => entry.id);
    for (const id of [...cards.keys()].filter((id) => !ids.includes(id))) cards.delete(id);
    for (const entry of report.sources) {
      if (!cards.has(entry.id)) cards.set(entry.id, card(entry, mayDecide, ids.length <= FEW));
      cards.get(entry.id).write(entry);
    }
    const nodes = ids.map((id) => cards.get(id).node);
    for (const time of view.querySelectorAll("time")) time.textContent = timeOf(time.dateTime).textContent;
    const stays = nodes.length === list.children.length && nodes.every((node, n) => node === list.children[n]);
    if (stays && nodes.length) return;
    list.replaceChildren(...(nodes.length ? nodes : [el("p", { class: "quiet" }, "No source is configured. ", el("a", { href: "/manual/sources" }, "Add one"), ".")]));
  }

  /** One source; what has focus or is open stays while its numbers change. */
  function card(first, withCrawls, open) {
    const head = el("h2", {});
    const facts = el("div", { class: "source-facts" });
    const crawls = withCrawls && first.kind !== "push" ? timeline(first.id, open) : null;
    const button = first.kind !== "push" && el("button", { class: "button", type: "button", "aria-label": `Crawl ${first.id} now`, onclick: () => crawl(first.id, button, node) }, "Crawl now");
    const node = el(
      "article",
      { class: "card source crawled" },
      el("div", { class: "card-text" }, head, facts),
      button,
      crawls?.node,
    );
    let shown = "";
    let ended = null;

    function write(entry) {
      if (button) button.disabled = entry.outcome === "running";
      if (entry.outcome === "running" || JSON.stringify(entry) !== shown) {
        shown = JSON.stringify(entry);
        head.replaceChildren(entry.id, el("span", { class: `badge ${entry.outcome}` }, WORDS[entry.outcome] ?? entry.outcome ?? ""));
        if (!facts.contains(document.activeElement)) facts.replaceChildren(...factsOf(entry, mayDecide));
      }
      if (entry.last_crawl !== ended) {
        if (ended !== null) crawls?.again();
        ended = entry.last_crawl;
      }
    }

    return { node, write };
  }

  async function crawl(id, button, node) {
    button.disabled = true;
    node.querySelector(".trouble")?.remove();
    try {
      await call(`/api/admin/sources/${encodeURIComponent(id)}/crawl`, { method: "POST" });
      announce(`Crawl of ${id} started.`);
      await look();
    } catch (error) {
      button.disabled = false;
      if (error.status === 403) button.hidden = true;
      node.querySelector(".card-text").append(trouble(error));
    }
  }

  return {
    async enter(here) {
      document.title = "Sources · Plumbline";
      only = here.query.get("held") ?? "";
      if (!only) view.querySelector("h1").focus({ preventScroll: true });
      await look();
      if (only && !held.node.hidden) held.heading.focus();
    },
    leave() {
      clearTimeout(timer);
    },
  };
}

function factsOf(entry, mayDecide) {
  const running = entry.outcome === "running";
  const counts = COUNTS.filter((name) => entry.counts?.[name]).map((name) => el("span", {}, `${entry.counts[name].toLocaleString()} ${name}`));
  const so_far = running && entry.started_at ? lasting((Date.now() - new Date(entry.started_at)) / 1000) : "";
  const waits = entry.held > 0 && `${entry.held.toLocaleString()} held back`;
  return [
    el(
      "p",
      { class: "meta" },
      el("span", {}, entry.kind),
      el("span", {}, `${(entry.documents ?? 0).toLocaleString()} documents`),
      !running && entry.last_crawl && el("span", {}, "crawled ", timeOf(entry.last_crawl)),
      !running && entry.next_due && el("span", {}, "next ", timeOf(entry.next_due)),
      waits && el("span", { class: "waits" }, mayDecide ? el("a", { href: `#/sources?held=${encodeURIComponent(entry.id)}` }, waits) : waits),
    ),
    (counts.length > 0 || so_far) && el("p", { class: running ? "meta so-far" : "meta" }, so_far && el("span", {}, `for ${so_far}`), ...counts),
    entry.error && el("p", { class: "reason" }, entry.error),
  ].filter(Boolean);
}
