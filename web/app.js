// The page: which view the address names, and what it needs to know.
//
//   #/                                          ask
//   #/search?q=...                              search
//   #/documents/ID?version=&start=&end=         a stored version, at a quote
//   #/sources?held=ID                           what crawls did and held back (of one source)
//   #/status                                    how the pipelines are doing

import { ask } from "./modules/ask.js";
import { reader } from "./modules/document.js";
import { search } from "./modules/search.js";
import { sources } from "./modules/sources.js";
import { status } from "./modules/status.js";
import { place } from "./modules/places.js";

const views = {
  ask: ask(document.getElementById("ask")),
  search: search(document.getElementById("search")),
  documents: reader(document.getElementById("documents")),
  sources: sources(document.getElementById("sources")),
  status: status(document.getElementById("status")),
};
const scrolled = {};
const focused = {};
let current = null;

function show() {
  const here = place(location.hash);
  if (here === null) return; // the skip link, or an anchor of a browser's extension
  const name = here.path[0] in views ? here.path[0] : "ask";
  const same = name === current;
  if (current && !same) {
    focused[current] = document.activeElement;
    views[current].leave?.();
    document.getElementById(current).hidden = true;
  }
  document.getElementById(name).hidden = false;
  for (const link of document.querySelectorAll(".bar nav [data-view]")) {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  current = name;
  if (!same) window.scrollTo(0, scrolled[name] ?? 0);
  views[name].enter(here);
  if (!same && focused[name]?.isConnected && focused[name] !== document.body) focused[name].focus({ preventScroll: true });
}

if ("scrollRestoration" in history) history.scrollRestoration = "manual";
window.addEventListener("scroll", () => { if (current) scrolled[current] = window.scrollY; }, { passive: true });
window.addEventListener("hashchange", show);
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("main").focus();
});
show();
