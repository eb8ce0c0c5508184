// Times as people say them.

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" });
const STEPS = [["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3_600], ["minute", 60]];

/** "3 min. ago" for a UTC time in ISO 8601; empty if it is none. */
export function ago(iso) {
  const seconds = (new Date(iso).getTime() - Date.now()) / 1000;
  if (Number.isNaN(seconds)) return "";
  if (Math.abs(seconds) < 45) return seconds > 5 ? "in a moment" : "just now";
  const [unit, length] = STEPS.find(([, length]) => Math.abs(seconds) >= length * 0.9) ?? STEPS.at(-1);
  return relative.format(Math.round(seconds / length), unit).replace("min.", "min").replace("hr.", "h");
}

/** "22 November 2026, 11:34" in the reader's own zone. */
export function when(iso) {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? "" : exact.format(date);
}

/** A time element that says how long ago and, on hover, exactly when. */
export function timeOf(iso, text = ago) {
  const node = document.createElement("time");
  node.dateTime = iso;
  node.title = when(iso);
  node.textContent = text(iso);
  return node;
}

/** Seconds as "1.2 s", "45 s" or "3 min". */
export function lasting(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
