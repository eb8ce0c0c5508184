// What was held back: why, what would change, and the two things to do about it. All of it is text, never HTML.

import { announce, el, outside, trouble } from "./dom.js";
import { call } from "./http.js";
import { timeOf } from "./times.js";

const AT_ONCE = 50;
const RULES = {
  login: "A login wall",
  captcha: "A bot check",
  consent: "A consent wall",
  "error-page": "An error page",
  "lost-text": "Most of its text is gone",
  instructions: "Instructions to a model",
  "mass-delete": "Too many deletions",
};
const ASKS = {
  release: (item) => (item.url ? "Let this text answer?" : "Delete these documents?"),
  discard: (item) => (item.url ? "Drop this text and keep what answers now?" : "Keep these documents?"),
};
const DONE = { release: "Released.", discard: "Discarded." };

/** The list; `look(source)` reads it anew, of one source or of all, and says whether the caller may see it. */
export function heldList(changed) {
  const list = el("div", { class: "held-list" });
  const heading = el("h2", { tabindex: "-1" }, "Held back");
  const node = el("section", { class: "held", hidden: true }, heading, list);
  let shown = "";

  async function look(source) {
    const query = new URLSearchParams({ limit: AT_ONCE, ...(source && { source_id: source }) });
    try {
      const { held, next } = await call(`/api/admin/held?${query}`);
      write(held, next, source);
    } catch (error) {
      if (error.status === 403) return false;
      shown = "";
      list.replaceChildren(trouble(error));
    }
    node.hidden = false;
    return true;
  }

  function write(held, next, source) {
    const now = JSON.stringify([held, next, source]);
    if (now === shown) return; // what has focus, and what is open, stays
    shown = now;
    const rest = [
      source && el("p", { class: "quiet" }, `Only of ${source}. `, el("a", { href: "#/sources" }, "All sources")),
      next && el("p", { class: "quiet" }, `The first ${AT_ONCE}; the others follow as these are decided.`),
    ].filter(Boolean);
    const kept = new Map([...list.querySelectorAll(".held-item")].map((card) => [card.dataset.state, card]));
    const cards = held.map((item) => kept.get(JSON.stringify(item)) ?? card(item));
    list.replaceChildren(...(held.length ? cards : [el("p", { class: "quiet" }, "Nothing. A page that turned into a login wall would wait here.")]), ...rest);
  }

  function card(item) {
    const what = el("div", { class: "acts" });
    const view = el("div", { class: "view-of" });
    const node = el(
      "article",
      { class: "card held-item", "data-state": JSON.stringify(item) },
      el(
        "div",
        { class: "card-text" },
        el("h3", {}, RULES[item.rule] ?? item.rule, el("span", { class: "heading" }, item.source_id)),
        item.url && el("p", { class: "held-url" }, outside(item.url, item.url)),
        el("p", { class: "reason" }, item.reason),
        el("p", { class: "meta" }, el("span", {}, "since ", timeOf(item.first_at)), el("span", {}, `seen ${item.count === 1 ? "once" : `${item.count} times`}`)),
      ),
      what,
      el("details", { ontoggle: (event) => event.currentTarget.open && show(item, view) }, el("summary", {}, item.url ? "What would change" : "What would be deleted"), view),
    );
    offer(item, node, what);
    return node;
  }

  function offer(item, node, what, focus) {
    const name = `${RULES[item.rule] ?? item.rule}, ${item.url || item.source_id}`;
    const button = (act, text) => el("button", { class: "button", type: "button", "data-act": act, "aria-label": `${text}: ${name}`, onclick: () => ask(act, item, node, what) }, text);
    what.replaceChildren(button("release", "Release"), button("discard", "Discard"));
    if (focus) what.querySelector(`[data-act="${focus}"]`).focus();
  }

  /** Ask before acting: Enter on the button that has the focus says yes, Escape says no. */
  function ask(act, item, node, what) {
    const back = () => offer(item, node, what, act);
    const yes = el("button", { class: "button primary", type: "button", onclick: () => decide(act, item, node, yes) }, act === "release" ? "Yes, release" : "Yes, discard");
    const group = el(
      "div",
      { class: "asks", role: "group", "aria-label": ASKS[act](item), onkeydown: (event) => event.key === "Escape" && back() },
      el("span", {}, ASKS[act](item)),
      yes,
      el("button", { class: "button", type: "button", onclick: back }, "Cancel"),
    );
    what.replaceChildren(group);
    yes.focus();
  }

  async function decide(act, item, node, button) {
    button.disabled = true;
    try {
      await call(`/api/admin/held/${act}`, { method: "POST", body: { ids: [item.id] } });
      announce(DONE[act]);
      node.remove();
      heading.focus();
      shown = "";
      changed();
    } catch (error) {
      button.disabled = false;
      node.querySelector(".trouble")?.remove();
      node.querySelector(".card-text").append(trouble(error));
      button.focus();
    }
  }

  return { node, heading, look };
}

async function show(item, view) {
  try {
    const shown = await call(`/api/admin/held/${encodeURIComponent(item.id)}`);
    const parts = [
      shown.flags.length > 0 && el("p", { class: "meta" }, ...shown.flags.map((flag) => el("span", {}, flag))),
      shown.pages.length > 0 && el("ul", { class: "pages" }, ...shown.pages.map((url) => el("li", {}, outside(url, url)))),
      shown.diff && diff(shown.diff),
      shown.diff_cut && el("p", { class: "quiet" }, "The difference goes on; the API has both texts whole."),
    ];
    view.replaceChildren(...parts.filter(Boolean));
    if (!view.childNodes.length) view.append(el("p", { class: "quiet" }, "Nothing to show: a newer crawl has moved on."));
  } catch (error) {
    view.replaceChildren(trouble(error, () => show(item, view)));
  }
}

/** A unified difference: each line begins with its sign, so that colour is not needed to read it. */
function diff(text) {
  const lines = text.split("\n").map((line, n) => {
    const tag = n < 2 || line.startsWith("@@") ? "span" : { "+": "ins", "-": "del" }[line[0]] ?? "span";
    return el(tag, { class: n < 2 || line.startsWith("@@") ? "line place" : "line" }, line || " ");
  });
  return el("pre", { class: "diff", tabindex: "0", role: "region", "aria-label": "Difference: - answers now, + held back" }, ...lines);
}
