// Calls of the API. Whatever goes wrong is a Problem, with a title and a detail that says what to do.

export class Problem extends Error {
  constructor({ title, detail, status = 0, trace_id = "", type = "" }) {
    super(detail);
    Object.assign(this, { title, detail, status, trace_id, type });
  }
}

const AWAY = {
  title: "Plumbline does not answer",
  detail: "Is it still running? Start it with `python3 dev.py up`, then try again.",
};
const BROKEN = {
  title: "The connection broke",
  detail: "The answer was cut off before it was complete. Try again.",
};

/** Call the API; gives the JSON, or null where there is none. */
export async function call(path, { method = "GET", body, signal } = {}) {
  const response = await send(path, { method, body, signal, accept: "application/json" });
  if (response.status === 204) return null;
  try {
    return await response.json();
  } catch (error) {
    throw signal?.aborted ? error : new Problem(BROKEN);
  }
}

/** POST and yield server-sent events as `{ name, data }`, until `done`; an `error` event is thrown. */
export async function* events(path, body, signal) {
  const response = await send(path, { method: "POST", body, signal, accept: "text/event-stream" });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      text += value;
      const blocks = text.split("\n\n");
      text = blocks.pop();
      for (const block of blocks) {
        const event = parse(block);
        if (event?.name === "error") throw new Problem(event.data);
        if (event) yield event;
        if (event?.name === "done") return;
      }
    }
  } catch (error) {
    if (error instanceof Problem || signal?.aborted) throw error;
    throw new Problem(BROKEN);
  } finally {
    reader.cancel().catch(() => {});
  }
  throw new Problem(BROKEN);
}

async function send(path, { method, body, signal, accept }) {
  const headers = { Accept: accept };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    throw signal?.aborted ? error : new Problem(AWAY);
  }
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({}));
  throw new Problem({
    title: problem.title ?? `The server answered ${response.status}`,
    detail: problem.detail ?? "It did not say why. Try again; the log may know more.",
    status: response.status,
    trace_id: problem.trace_id,
    type: problem.type,
  });
}

/** One block of a stream; null for comments. */
function parse(block) {
  let name = "";
  let data = "";
  for (const line of block.split("\n")) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    else if (line.startsWith("data:")) data += line.slice(5).trim();
  }
  return name && data ? { name, data: JSON.parse(data) } : null;
}
