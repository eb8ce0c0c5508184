// How the pipelines are doing, and what an operator can do about it.

import { announce, el, trouble } from "./dom.js";
import { call } from "./http.js";
import { lasting, timeOf } from "./times.js";

const EVERY_MS = 3000;

/** The view; looks again by itself while it is shown. */
export function status(view) {
  const tiles = el("dl", { class: "tiles" });
  const sources = el("div", { class: "source-list" });
  const mistake = el("p", { class: "reason", role: "status" });
  const letters = el("div", { class: "letters" });
  const place = el("div", { class: "trouble-place" });
  view.append(
    el("h1", { tabindex: "-1" }, "Status"),
    el("p", { class: "lead" }, "From source to answer: what is read, what is on its way, and what needs a hand."),
    place,
    tiles,
    el("h2", {}, "Sources"),
    mistake,
    sources,
    el("h2", {}, "Set aside"),
    letters,
  );
  let timer = 0;
  let shown = "";

  async function look() {
    clearTimeout(timer);
    try {
      const report = await call("/api/status");
      const found = report.dead_letters ? (await call("/api/admin/dead-letters?limit=50")).dead_letters : [];
      place.replaceChildren();
      write(report, found);
    } catch (error) {
      shown = "";
      place.replaceChildren(trouble(error, look));
    }
    if (!view.hidden) timer = setTimeout(look, EVERY_MS);
  }

  function write(report, found) {
    tiles.replaceChildren(
      tile("Documents", report.documents.toLocaleString(), "live in all sources"),
      tile("Passages", report.chunks.toLocaleString(), "in the index that answers"),
      tile("Queued", report.queued.toLocaleString(), report.queued ? "on their way to the index" : "nothing waits"),
      tile("Fresh after", lasting(report.freshness_s?.p50), `95 % within ${lasting(report.freshness_s?.p95)}`),
      tile("Feed", lasting(report.feed_lag), report.feed_lag === null ? "no change relayed yet" : "since the last heartbeat"),
      tile("Set aside", report.dead_letters.toLocaleString(), report.dead_letters ? `${report.dead_letters === 1 ? "needs" : "need"} a look, below` : "nothing failed", report.dead_letters > 0),
    );
    const now = JSON.stringify([report.sources, report.sources_error, found]);
    if (now === shown) {
      for (const time of view.querySelectorAll("time")) time.textContent = timeOf(time.dateTime).textContent;
      return; // what has focus keeps it
    }
    shown = now;
    mistake.replaceChildren(...(report.sources_error ? [el("strong", {}, "The sources file is wrong; what it said before holds. "), report.sources_error] : []));
    sources.replaceChildren(...(report.sources.length ? report.sources.map(source) : [nothing("No source is configured. ", "/manual/sources", "Add one")]));
    letters.replaceChildren(...(found.length ? found.map(letter) : [el("p", { class: "quiet" }, "Nothing. A message that keeps failing would wait here with its reason.")]));
  }

  function source(entry) {
    const counts = Object.entries(entry.counts ?? {}).filter(([name, n]) => n && ["found", "new", "changed", "unchanged", "gone", "refused", "failed"].includes(name));
    return el(
      "article",
      { class: "card source" },
      el(
        "div",
        { class: "card-text" },
        el("h3", {}, entry.id, el("span", { class: `badge ${entry.outcome}` }, outcome(entry))),
        el(
          "p",
          { class: "meta" },
          el("span", {}, entry.kind),
          el("span", {}, `${(entry.documents ?? 0).toLocaleString()} documents`),
          entry.last_crawl && el("span", {}, "crawled ", timeOf(entry.last_crawl)),
          entry.next_due && el("span", {}, "next ", timeOf(entry.next_due)),
          entry.held > 0 && el("span", {}, el("a", { href: `#/sources?held=${encodeURIComponent(entry.id)}` }, `${entry.held.toLocaleString()} held back`)),
        ),
        counts.length > 0 && el("p", { class: "meta" }, ...counts.map(([name, n]) => el("span", {}, `${n.toLocaleString()} ${name}`))),
        entry.error && el("p", { class: "reason" }, entry.error),
      ),
      entry.kind !== "push" && el("button", { class: "button", type: "button", disabled: entry.outcome === "running", "aria-label": `Crawl ${entry.id} now`,
        onclick: (event) => act(event.currentTarget, () => call(`/api/admin/sources/${encodeURIComponent(entry.id)}/crawl`, { method: "POST" }), `Crawl of ${entry.id} started.`) }, "Crawl now"),
    );
  }

  function letter(entry) {
    const doIt = (verb) => () => call(`/api/admin/dead-letters/${verb}`, { method: "POST", body: { ids: [entry.id] } });
    return el(
      "article",
      { class: "card letter" },
      el(
        "div",
        { class: "card-text" },
        el("p", { class: "reason" }, entry.reason),
        el("p", { class: "meta" }, el("span", {}, `queue ${entry.queue}`), el("span", {}, `${entry.attempts} attempts`), el("span", {}, "last ", timeOf(entry.last_at))),
        el("details", {}, el("summary", {}, "Message"), el("pre", {}, entry.body)),
      ),
      el(
        "div",
        { class: "acts" },
        el("button", { class: "button", type: "button", onclick: (event) => act(event.currentTarget, doIt("replay"), "Sent back to its queue.") }, "Replay"),
        el("button", { class: "button", type: "button", onclick: (event) => act(event.currentTarget, doIt("discard"), "Discarded.") }, "Discard"),
      ),
    );
  }

  async function act(button, what, done) {
    button.disabled = true;
    try {
      await what();
      announce(done);
      await look();
    } catch (error) {
      button.disabled = false;
      const card = button.closest(".card");
      card.nextElementSibling?.classList.contains("trouble") && card.nextElementSibling.remove();
      card.after(trouble(error));
    }
  }

  return {
    enter() {
      document.title = "Status · Plumbline";
      view.querySelector("h1").focus({ preventScroll: true });
      look();
    },
    leave() {
      clearTimeout(timer);
    },
  };
}

function tile(name, value, text, warns = false) {
  return el("div", { class: warns ? "tile warns" : "tile" }, el("dt", {}, name), el("dd", {}, el("strong", {}, value), el("span", {}, text)));
}

function outcome(entry) {
  return { complete: "complete", running: "crawling", failed: "failed", stopped: "stopped", push: "pushed" }[entry.outcome] ?? entry.outcome ?? "";
}

function nothing(text, href, link) {
  return el("p", { class: "quiet" }, text, el("a", { href }, link), ".");
}
