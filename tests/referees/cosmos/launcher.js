// Starts @vercel/cosmosdb-server 1.0.1 and repairs, in memory, what azure-cosmos 4.17.1 trips over:
//   a missing item is 404 (it was 500)                  a query obeys its partition key, prefixes too (it was ignored)
//   OFFSET n LIMIT n works (it was a syntax error)      a batch is all or nothing, and may contain patches
//   connections stay open (17 requests a second without)
// The package is not changed on disk. Usage: node launcher.js CERTIFICATE KEY; ends when stdin closes.
const { readFileSync } = require("fs");

const NAME = "@vercel/cosmosdb-server";
const lib = (path) => require(`${NAME}/lib/${path}`);
const replaceHandler = (name, make) => {
  const module = lib(`handler/${name}`);
  module.default = make(module.default);
};

const documents = (collection) => [...collection.documents._data.values()].map((item) => item.read());
const at = (document, path) => path.slice(1).split("/").reduce((value, name) => (value == null ? undefined : value[name]), document);
const keyOf = (request) => {
  const header = request.headers["x-ms-documentdb-partitionkey"];
  return header ? JSON.parse(header) : null;
};
const isUndefined = (value) => value !== null && typeof value === "object"; // `[{}]` in the header
const inPartition = (paths, key) => (document) =>
  key.every((value, level) => {
    const found = at(document, paths[level]);
    return isUndefined(value) ? found === undefined : found === value;
  });

replaceHandler("read-document", () => async (account, request, response, { dbId, collId, docId }) => {
  const collection = account.database(dbId).collection(collId);
  const definition = collection.read();
  const key = keyOf(request);
  const found =
    definition && key && documents(collection).find((d) => d.id === docId && inPartition(definition.partitionKey.paths, key)(d));
  if (found) return found;
  response.statusCode = 404;
  return { code: "NotFound", message: "Entity with the specified id does not exist in the system." };
});

const Items = lib("account/items").default;
const query = Items.prototype.query;
Items.prototype.query = function (asked, paging) {
  let items = this;
  if (asked.partition) {
    const { paths } = this._parent.read().partitionKey;
    const chosen = [...this._data].filter(([, item]) => inPartition(paths, asked.partition)(item.read()));
    items = Object.create(this, { _data: { value: new Map(chosen) } });
  }
  const window = /\s+OFFSET\s+(\S+)\s+LIMIT\s+(\S+)\s*$/i.exec(asked.query);
  if (!window) return query.call(items, asked, paging);
  const [offset, limit] = window.slice(1).map((text) =>
    text.startsWith("@") ? asked.parameters.find(({ name }) => name === text).value : Number(text),
  );
  const whole = query.call(items, { ...asked, query: asked.query.slice(0, window.index) }, {});
  return { ...whole, result: whole.result.slice(offset, offset + limit), continuation: null };
};

replaceHandler("query-documents", (handle) => (account, request, response, names) => {
  request.headers["x-ms-documentdb-query-enablecrosspartition"] = "true"; // the partition is seen to above
  const collection = account.database(names.dbId).collection(names.collId);
  const partition = keyOf(request);
  const scoped = Object.create(collection.documents, {
    query: { value: (asked, paging) => collection.documents.query({ ...asked, partition }, paging) },
  });
  const view = new Proxy(collection, {
    get: (target, name) => {
      if (name === "documents") return scoped;
      return typeof target[name] === "function" ? target[name].bind(target) : target[name];
    },
  });
  return handle({ database: () => ({ collection: () => view }) }, request, response, names);
});

const operations = lib("handler/_document-operations");
const { patchOperation } = lib("handler/_patch-operations");
const carryOut = {
  Create: operations.createOperation,
  Upsert: operations.upsertOperation,
  Read: operations.readOperation,
  Delete: operations.deleteOperation,
  Replace: operations.replaceOperation,
  Patch: (collection, { resourceBody, ...operation }) => patchOperation(collection, { ...operation, ...resourceBody }),
};
replaceHandler("batch-documents", () => async (account, request, response, { dbId, collId }) => {
  const batch = await lib("json").default(request);
  const collection = account.database(dbId).collection(collId);
  if (!collection.read()) {
    response.statusCode = 404;
    return {};
  }
  // From here on nothing waits, so nobody sees half a batch.
  const { _data: data, _index: index } = collection.documents;
  const before = [...data].map(([rid, item]) => [rid, item, item._data]);
  const indexBefore = [...index];
  const partitionKey = request.headers["x-ms-documentdb-partitionkey"];
  const results = [];
  for (const operation of batch) {
    const { statusCode, body } = carryOut[operation.operationType](collection, { partitionKey, ...operation });
    results.push({ statusCode, requestCharge: 1, eTag: body && body._etag, resourceBody: body });
    if (statusCode < 400) continue;
    data.clear();
    index.clear();
    before.forEach(([rid, item, content]) => data.set(rid, Object.assign(item, { _data: content })));
    indexBefore.forEach(([key, rid]) => index.set(key, rid));
    response.statusCode = 207;
    return batch.map((_, place) => ({ statusCode: place === results.length - 1 ? statusCode : 424, requestCharge: 0 }));
  }
  return results;
});

const [certificate, key] = process.argv.slice(2);
const server = require(NAME).createHttpsServer({ keepAlive: true, cert: readFileSync(certificate), key: readFileSync(key) });
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ url: `https://127.0.0.1:${server.address().port}` })));
process.stdin.on("end", () => process.exit()).resume();
