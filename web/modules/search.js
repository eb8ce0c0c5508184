// Searching: passages, best first, each opening where it stands.

import { el, hostOf, icon, outside, trouble } from "./dom.js";
import { plainly } from "./markup.js";
import { call } from "./http.js";
import { quotePlace } from "./places.js";
import { timeOf } from "./times.js";

/** The view; the query is in the address, so that a search can be kept and shared. */
export function search(view) {
  const $ = (selector) => view.querySelector(selector);
  const box = $("input");
  let control = null;

  $("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const query = box.value.trim();
    if (!query) return;
    const hash = `#/search?${new URLSearchParams({ q: query })}`;
    if (hash === location.hash) find(query);
    else location.hash = hash;
  });

  async function find(query) {
    control?.abort();
    control = new AbortController();
    const { signal } = control;
    $(".outcome").textContent = "Searching…";
    $(".trouble-place").replaceChildren();
    try {
      const { hits, took_ms } = await call("/api/search", { method: "POST", body: { query, top: 10 }, signal });
      $(".hits").replaceChildren(...hits.map(hit));
      $(".outcome").textContent = hits.length
        ? `${hits.length} ${hits.length === 1 ? "passage" : "passages"} in ${Math.max(1, Math.round(took_ms))} ms`
        : "Nothing fits. Try fewer or other words; what was added a moment ago may still be on its way.";
    } catch (error) {
      if (signal.aborted) return;
      $(".outcome").textContent = "";
      $(".hits").replaceChildren();
      $(".trouble-place").replaceChildren(trouble(error, () => find(query)));
    }
  }

  return {
    enter({ query }) {
      const wanted = query.get("q") ?? "";
      document.title = wanted ? `${wanted} · Plumbline` : "Search · Plumbline";
      if (wanted && (box.value !== wanted || !$(".hits").childElementCount)) {
        box.value = wanted;
        find(wanted);
      }
      box.focus({ preventScroll: true });
    },
  };
}

function hit(found) {
  const title = found.title || hostOf(found.url) || "Untitled";
  return el(
    "li",
    { class: "card" },
    el(
      "div",
      { class: "card-text" },
      el(
        "h2",
        {},
        el("a", { href: quotePlace(found), "aria-label": `${title}, read in context` }, title),
        found.heading && el("span", { class: "heading" }, found.heading),
      ),
      el("p", { class: "passage" }, plainly(found.text)),
      el(
        "p",
        { class: "meta" },
        hostOf(found.url) && outside(found.url, hostOf(found.url), icon("out"), el("span", { class: "visually-hidden" }, " (live page)")),
        el("span", {}, "fetched ", timeOf(found.fetched_at)),
        el("span", {}, `from ${found.source_id}`),
        el("span", {}, `score ${found.score.toFixed(2)}`),
      ),
    ),
  );
}
