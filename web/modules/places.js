// Addresses within the page.

/** Take `#/documents/ID?version=1` apart; null if the hash is no place of ours. */
export function place(hash) {
  if (hash && !hash.startsWith("#/")) return null;
  const [path, query = ""] = hash.slice(2).split("?", 2);
  return { path: path.split("/").filter(Boolean).map(decode), query: new URLSearchParams(query), hash };
}

/** Where a quote opens in the stored text of its version. */
export function quotePlace({ document_id, document_version, start, end }) {
  const query = new URLSearchParams({ version: document_version, start, end });
  return `#/documents/${encodeURIComponent(document_id)}?${query}`;
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
