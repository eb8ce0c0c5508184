// One question and what came of it: working, answered, refused, failed, stopped.

import { announce, el, hostOf, icon, outside, plumb, safeHtml, trouble } from "./dom.js";
import { Problem, call, events } from "./http.js";
import { plainly } from "./markup.js";
import { quotePlace } from "./places.js";
import { timeOf } from "./times.js";

let count = 0;

/** A turn of the conversation. `run(body)` asks and resolves to the answer, or to null if there was none. */
export function turn(question, { documents } = {}) {
  const id = `turn-${++count}`;
  const words = el("div", { class: "words", "aria-live": "polite", "aria-busy": "true" });
  const rest = el("div", { class: "rest" });
  const node = el(
    "article",
    { class: "turn", "aria-labelledby": id },
    el("h2", { class: "question", id }, question),
    words,
    rest,
  );
  const control = new AbortController();

  async function run(body) {
    words.setAttribute("aria-busy", "true");
    words.replaceChildren(working(documents));
    rest.replaceChildren();
    announce("Looking for an answer.");
    try {
      const answer = await stream(body);
      (answer.refused ? refused : answered)(answer);
      return answer;
    } catch (error) {
      if (control.signal.aborted) stopped();
      else failed(error, () => node.dispatchEvent(new CustomEvent("retry")));
      return null;
    } finally {
      words.setAttribute("aria-busy", "false");
    }
  }

  async function stream(body) {
    let written = null;
    for await (const { name, data } of events("/api/ask", body, control.signal)) {
      if (name === "delta") {
        if (!written) {
          written = document.createTextNode("");
          words.replaceChildren(el("div", { class: "prose streaming" }, written));
        }
        written.appendData(data.text);
      } else if (name === "done") {
        return data;
      }
    }
    throw new Problem({ title: "No answer came", detail: "Try again." });
  }

  function answered(answer) {
    const prose = el("div", { class: "prose" });
    safeHtml(prose, answer.answer_html);
    words.replaceChildren(prose);
    const cards = new Map(answer.citations.map((citation) => [citation.marker, card(citation)]));
    rest.replaceChildren(
      answer.note && el("p", { class: "note" }, answer.note),
      el(
        "section",
        { class: "sources", "aria-label": "Where this comes from" },
        el("ol", { class: "cards" }, ...cards.values()),
      ),
      opinions(answer),
    );
    light(prose, cards);
    announce(`Answered, with ${answer.citations.length} ${answer.citations.length === 1 ? "source" : "sources"}.`);
  }

  function refused(answer) {
    const query = new URLSearchParams({ q: question });
    words.replaceChildren(
      el(
        "div",
        { class: "refusal" },
        el("h3", {}, "Not in these documents"),
        el("p", {}, answer.answer),
        el(
          "p",
          { class: "refusal-foot" },
          "Try other words, or look at ",
          el("a", { href: `#/search?${query}` }, "the passages that come closest"),
          ".",
        ),
      ),
    );
    rest.replaceChildren(opinions(answer));
    announce("The documents do not answer this.");
  }

  function failed(error, retry) {
    const problem = error instanceof Problem ? error : new Problem({ title: "The page failed", detail: String(error) });
    rest.replaceChildren();
    words.replaceChildren(trouble(problem, retry));
  }

  function stopped() {
    words.querySelector(".streaming")?.classList.remove("streaming");
    words.querySelector(".working")?.remove();
    rest.replaceChildren(el("p", { class: "note" }, "Stopped. What was written so far has not been checked against the documents."));
    announce("Stopped.");
  }

  return { node, run, stop: () => control.abort() };
}

function working(documents) {
  const where = documents ? ` in ${documents.toLocaleString()} documents` : "";
  return el("p", { class: "working" }, plumb(), el("span", {}, `Looking it up${where}…`));
}

function card(citation) {
  const title = citation.title || hostOf(citation.url) || "Untitled";
  return el(
    "li",
    { class: "card", "data-marker": citation.marker },
    el("span", { class: "number", "aria-hidden": "true" }, String(citation.marker)),
    el(
      "div",
      { class: "card-text" },
      el(
        "h3",
        {},
        el("a", { href: quotePlace(citation), "aria-label": `Source ${citation.marker}: ${title}, read in context` }, title),
        citation.heading && el("span", { class: "heading" }, citation.heading),
      ),
      el("blockquote", {}, plainly(citation.quote)),
      el(
        "p",
        { class: "meta" },
        hostOf(citation.url) && outside(citation.url, hostOf(citation.url), icon("out"), el("span", { class: "visually-hidden" }, " (live page)")),
        el("span", {}, "fetched ", timeOf(citation.fetched_at)),
      ),
    ),
  );
}

/** Point at a marker and its card lights up. */
function light(prose, cards) {
  for (const marker of prose.querySelectorAll("a.marker")) {
    const card = cards.get(Number(marker.dataset.marker));
    if (!card) continue;
    for (const [name, lit] of [["mouseenter", true], ["focus", true], ["mouseleave", false], ["blur", false]]) {
      marker.addEventListener(name, () => card.classList.toggle("lit", lit));
    }
  }
}

function opinions(answer) {
  const said = el("span", { class: "said", role: "status" });
  const comment = el("form", { class: "comment", hidden: true });
  const buttons = [["up", "Helpful"], ["down", "Not helpful"]].map(([feedback, label]) =>
    el("button", {
      class: "thumb", type: "button", "aria-pressed": "false", "aria-label": label, title: label, "data-feedback": feedback,
      onclick: () => say(feedback),
    }, icon(feedback)),
  );
  comment.append(
    el("label", {}, el("span", {}, "What was wrong? (optional)"), el("input", { type: "text", maxlength: "2000", autocomplete: "off" })),
    el("button", { class: "button", type: "submit" }, "Send"),
  );
  comment.addEventListener("submit", (event) => {
    event.preventDefault();
    say("down", comment.querySelector("input").value);
  });

  async function say(feedback, words) {
    const pressed = (value) => buttons.forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.feedback === value)));
    pressed(feedback);
    try {
      await call(`/api/answers/${encodeURIComponent(answer.answer_id)}/feedback`, {
        method: "POST",
        body: words ? { feedback, comment: words } : { feedback },
      });
      said.textContent = feedback === "up" || words ? "Thank you." : "Noted.";
      comment.hidden = feedback === "up" || words !== undefined;
      if (!comment.hidden) comment.querySelector("input").focus();
    } catch (error) {
      pressed(null);
      said.textContent = error.detail ?? "That could not be saved.";
    }
  }

  const copy = el("button", { class: "thumb", type: "button", "aria-label": "Copy the answer", title: "Copy the answer",
    onclick: async () => {
      const sources = answer.citations.map((c) => `[${c.marker}] ${c.title} ${c.url}`);
      try {
        await navigator.clipboard.writeText([answer.answer, ...sources].join("\n"));
        said.textContent = "Copied.";
      } catch {
        said.textContent = "The browser does not allow copying here.";
      }
    } }, icon("copy"));
  const took = el("span", { class: "took" }, `${(answer.took_ms / 1000).toFixed(answer.took_ms < 995 ? 2 : 1)} s`);
  return el("div", { class: "opinions" }, el("div", { class: "row" }, ...buttons, copy, said, took), comment);
}
