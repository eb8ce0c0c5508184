// Asking: the box, the conversation, and what there is to ask about.

import { turn } from "./answer.js";
import { el, icon, plumb } from "./dom.js";
import { call } from "./http.js";
import { lasting } from "./times.js";

const ABOUT_PLUMBLINE = [
  "What is Plumbline?",
  "What happens when a page is deleted?",
  "How do I add a website as a source?",
  "How are citations checked?",
];

/** The view; `enter` is called whenever it is shown. */
export function ask(view) {
  const $ = (selector) => view.querySelector(selector);
  const box = $("textarea");
  const thread = $(".thread");
  const send = $(".send");
  const scope = $("#scope");
  const fresh = $(".fresh");
  let conversation;
  let running = null;
  let report = null;
  let timer = 0;

  function ready() {
    send.replaceChildren(icon(running ? "stop" : "send"));
    send.setAttribute("aria-label", running ? "Stop" : "Ask");
    send.classList.toggle("stop", Boolean(running));
    send.disabled = !running && !box.value.trim();
  }

  function grow() {
    if (CSS.supports("field-sizing", "content")) return;
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight}px`;
  }

  async function submit(question) {
    question = question.trim();
    if (!question || running) return;
    view.classList.add("talking");
    box.value = "";
    grow();
    const here = turn(question, { documents: scope.value ? undefined : report?.documents });
    thread.append(here.node);
    here.node.addEventListener("retry", () => answer(here, question));
    await answer(here, question);
  }

  async function answer(here, question) {
    if (running) return;
    running = here;
    fresh.hidden = false;
    ready();
    here.node.scrollIntoView({ block: "start" });
    const body = { question };
    if (conversation) body.conversation_id = conversation;
    if (scope.value) body.source_ids = [scope.value];
    const given = await here.run(body);
    conversation = given?.conversation_id ?? conversation;
    running = null;
    ready();
  }

  function startAgain() {
    running?.stop();
    conversation = undefined;
    thread.replaceChildren();
    view.classList.remove("talking");
    fresh.hidden = true;
    box.focus();
    look();
  }

  $("form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (running) running.stop();
    else submit(box.value);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (!running) submit(box.value);
  });
  box.addEventListener("input", () => { grow(); ready(); });
  fresh.addEventListener("click", startAgain);

  async function look() {
    clearTimeout(timer);
    try {
      report = await call("/api/status");
    } catch (error) {
      report = null; // a reader without the operator's role asks all the same
      $(".reading").textContent = error.status ? "" : error.detail;
      return;
    }
    const { text, busy, again } = reading(report);
    const place = $(".reading");
    if (busy !== place.classList.contains("busy") || !place.childElementCount) {
      place.classList.toggle("busy", busy);
      place.replaceChildren(...(busy ? [plumb()] : []), el("span"));
    }
    place.lastElementChild.replaceChildren(...text);
    examples();
    sources();
    if (!view.hidden) timer = setTimeout(look, again);
  }

  function examples() {
    const manual = report.sources.some((source) => source.id === "manual" || source.id === "plumbline");
    const known = manual && report.documents > 0 ? ABOUT_PLUMBLINE : [];
    if ($(".examples").childElementCount === known.length) return;
    $(".examples").replaceChildren(
      ...known.map((text) => el("button", { type: "button", class: "example", onclick: () => { submit(text); box.focus(); } }, text)),
    );
  }

  function sources() {
    if (scope.options.length > 1 || report.sources.length < 2) return;
    scope.append(...report.sources.map((source) => el("option", { value: source.id }, source.id)));
    scope.hidden = false;
  }

  ready();
  return {
    enter() {
      document.title = "Plumbline";
      box.focus({ preventScroll: true });
      look();
    },
    leave() {
      clearTimeout(timer);
    },
  };
}

/** What there is to read, in a sentence; whether something is on its way; and when to look again (milliseconds). */
function reading(report) {
  const status = (text) => el("a", { href: "#/status" }, text);
  const number = (n, one, many) => `${n.toLocaleString()} ${n === 1 ? one : many}`;
  const documents = number(report.documents, "document", "documents");
  const failed = report.sources.filter((source) => source.outcome === "failed").length;
  const begins = report.documents === 0 && report.sources.some((source) => source.outcome === "running");
  if (report.queued > 0 || begins) {
    const text = ["Still reading your sources: ", status(`${documents}, ${report.queued.toLocaleString()} queued`), ". You can ask already."];
    return { text, busy: true, again: 1500 };
  }
  if (report.documents === 0) {
    const text = failed
      ? ["Nothing could be read yet: ", status("see what went wrong"), "."]
      : ["There is nothing to read yet. ", el("a", { href: "/manual/sources" }, "Name your sources"), "; they are read within seconds."];
    return { text, busy: true, again: 2000 };
  }
  const fresh = report.freshness_s?.p50;
  const tail = fresh ? `, a change is searchable in about ${lasting(fresh)}` : "";
  const trouble = failed ? [" ", status(`${number(failed, "source", "sources")} could not be read.`)] : [];
  const text = ["Reading ", status(`${documents} from ${number(report.sources.length, "source", "sources")}`), `${tail}.`, ...trouble];
  return { text, busy: false, again: 15000 };
}
