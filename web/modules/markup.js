// Markdown as it is stored, shown so that it reads well: nothing is added, syntax is hidden, HTML is never made of it.

import { el } from "./dom.js";

const INLINE =
  /(?<code>`+)(?<inCode>.+?)\k<code>|(?<strong>\*\*|__)(?=\S)(?<inStrong>.+?)(?<=\S)\k<strong>|!?\[(?<label>[^\]]*)\]\((?:[^()\s]|\([^()\s]*\))*(?: "[^"]*")?\)|\\(?=[!-/:-@[-`{-~])/g;

/** A quote without the syntax around its words, for cards. */
export function plainly(markdown) {
  return lines(markdown)
    .filter(({ hides }) => !hides)
    .map(({ line, kind }) => pieces(line, kind).filter((piece) => piece.style !== "syntax").map((piece) => line.slice(piece.from, piece.to)).join(""))
    .map((line) => line.replace(/^\s*\|\s*|\s*\|\s*$/g, "").replace(/\s*\|\s*/g, " · "))
    .join("\n")
    .replace(/\n{2,}/g, "\n")
    .trim();
}

/** Each line with its kind: `h h1` ..., `item`, `row`, `quoted`, `code`, `text`, `empty`; `hides`: nothing but syntax. */
export function lines(text) {
  let fenced = false;
  return text.split("\n").map((line) => {
    const fence = /^\s*(```|~~~)/.test(line);
    const kind = fenced || fence ? "code" : kindOf(line);
    if (fence) fenced = !fenced;
    return { line, kind, hides: fence || (kind === "row" && /^[\s|:-]+$/.test(line)) };
  });
}

/** The nodes of a line; `marked` is a span of it (code units, may reach beyond the line) that goes into <mark>. */
export function written(line, kind, marked) {
  if (kind === "row") return cells(line, marked);
  const nodes = [];
  let mark = null;
  for (const piece of pieces(line, kind)) {
    const cuts = marked ? marked.filter((cut) => cut > piece.from && cut < piece.to) : [];
    const bounds = [piece.from, ...cuts, piece.to];
    for (let n = 0; n + 1 < bounds.length; n++) {
      const text = line.slice(bounds[n], bounds[n + 1]);
      const node = piece.style ? el(...TAGS[piece.style], text) : document.createTextNode(text);
      if (marked && bounds[n] >= marked[0] && bounds[n + 1] <= marked[1]) {
        if (!mark) nodes.push((mark = el("mark")));
        mark.append(node);
      } else {
        mark = null;
        nodes.push(node);
      }
    }
  }
  return nodes;
}

/** The cells of a table's line; the bars between them are there, unseen. */
function cells(line, marked) {
  let at = 0;
  return line.split(/((?<!\\)\|)/).map((part) => {
    const here = marked?.map((cut) => cut - at);
    at += part.length;
    if (part === "|" || !part.trim()) return el("span", { class: "syntax" }, part);
    return el("span", { class: "cell" }, ...written(part, "text", here));
  });
}

const TAGS = { syntax: ["span", { class: "syntax" }], strong: ["strong", {}], code: ["code", {}] };

/** The line cut where its look changes: from, to, style. */
function pieces(line, kind) {
  const found = [];
  let at = 0;
  const add = (to, style) => {
    if (to > at) found.push({ from: at, to, style });
    at = Math.max(at, to);
  };
  if (kind === "code") {
    add(line.length);
    return found;
  }
  const prefix = /^(\s*)(#{1,6} |> ?|[-*+] )/.exec(line);
  if (prefix && kind !== "text") {
    add(prefix[1].length);
    add(prefix[0].length, "syntax");
  }
  for (const match of line.matchAll(INLINE)) {
    if (match.index < at) continue;
    const { code, inCode, strong, inStrong, label } = match.groups;
    add(match.index);
    const fence = code ?? strong;
    if (fence) {
      add(at + fence.length, "syntax");
      add(at + (inCode ?? inStrong).length, code ? "code" : "strong");
    } else if (label !== undefined) {
      add(match.index + match[0].indexOf("[") + 1, "syntax");
      add(at + label.length);
    }
    add(match.index + match[0].length, "syntax");
  }
  add(line.length);
  return found;
}

function kindOf(line) {
  const heading = /^(#{1,6}) /.exec(line);
  if (heading) return `h h${heading[1].length}`;
  if (/^\s*[-*+] /.test(line)) return "item bullet";
  if (/^\s*\d+[.)] /.test(line)) return "item";
  if (/^\s*\|/.test(line)) return "row";
  if (/^\s*>/.test(line)) return "quoted";
  return line.trim() ? "text" : "empty";
}
