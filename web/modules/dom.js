// Elements. Text goes in as text, always; the one place that takes HTML is `safeHtml`.

const SVG = "http://www.w3.org/2000/svg";

/** Make an element: `el("p", { class: "note", onclick: f }, "text", child)`; null and false children are left out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Put HTML in that the server made safe (`answer_html`). */
export function safeHtml(node, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  node.replaceChildren(template.content);
}

/** A link to a page of the world: only http and https, never with a referrer. */
export function outside(url, ...children) {
  if (!/^https?:\/\//i.test(url)) return el("span", {}, ...children);
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow" }, ...children);
}

/** The host of a URL, for people; empty if it has none. */
export function hostOf(url) {
  try {
    return new URL(url).host.replace(/^www\./, "");
  } catch {
    return "";
  }
}

const ICONS = {
  send: "M12 19V5M5.5 11.5 12 5l6.5 6.5",
  stop: "M7.5 7.5h9v9h-9z",
  up: "M7 10.5V20H4v-9.5zM7 11l4-7.5c1.6 0 2.5 1.2 2.2 2.7L12.6 9H18a2 2 0 0 1 2 2.3l-1.1 7A2 2 0 0 1 17 20H7",
  down: "M7 13.5V4H4v9.5zM7 13l4 7.5c1.6 0 2.5-1.2 2.2-2.7L12.6 15H18a2 2 0 0 0 2-2.3l-1.1-7A2 2 0 0 0 17 4H7",
  copy: "M9 9V4h11v11h-5M4 9h11v11H4z",
  out: "M9 6h9v9M18 6 6.5 17.5",
  back: "M19 12H5M11 5.5 4.5 12l6.5 6.5",
};

/** A small drawing beside or instead of a word; the word is the button's business. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" })) {
    svg.setAttribute(key, value);
  }
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** The plumb that swings while something is looked up. */
export function plumb() {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 40", class: "plumb", "aria-hidden": "true" })) {
    svg.setAttribute(key, value);
  }
  for (const [kind, d] of [["string", "M12 0v24"], ["bob", "M8.5 23h7a.8.8 0 0 1 .8.6l.8 3.8a1.8 1.8 0 0 1-.2 1.2L12 38l-4.9-9.4a1.8 1.8 0 0 1-.2-1.2l.8-3.8a.8.8 0 0 1 .8-.6z"]]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    path.setAttribute("class", kind);
    svg.append(path);
  }
  return svg;
}

/** Tell people who listen instead of look. */
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

/** What went wrong, what to do about it, and a way to try again. */
export function trouble(problem, retry) {
  return el(
    "div",
    { class: "trouble", role: "alert" },
    el("h3", {}, problem.title),
    el("p", {}, problem.detail),
    el(
      "p",
      { class: "trouble-foot" },
      retry && el("button", { class: "button", type: "button", onclick: retry }, "Try again"),
      problem.trace_id && el("span", { class: "trace" }, `Trace ${problem.trace_id}`),
    ),
  );
}
