// Takes that are not on the server yet, kept by the browser piece by piece: a closed page loses none.

const NAME = "loa-takes";

const asked = (request) => new Promise((done, failed) => {
  request.onsuccess = () => done(request.result);
  request.onerror = () => failed(request.error);
});

function open() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("takes", { keyPath: "name" });
    request.result.createObjectStore("pieces", { keyPath: ["name", "number"] });
  };
  return asked(request);
}

async function during(mode, work) {
  const database = await open();
  try {
    const transaction = database.transaction(["takes", "pieces"], mode);
    return await work(transaction.objectStore("takes"), transaction.objectStore("pieces"));
  } finally {
    database.close();
  }
}

const piecesOf = (name) => IDBKeyRange.bound([name, 0], [name, Infinity]);

// A browser without a store (a private window) still records; only a closed page loses it then.
const orNothing = (promise, otherwise) => promise.catch(() => otherwise);

export const begin = (name, bulletin, type) => orNothing(during("readwrite", (takes) => asked(takes.put({ name, bulletin, type, at: new Date().toISOString() }))));
export const add = (name, number, data) => orNothing(during("readwrite", (_takes, pieces) => asked(pieces.put({ name, number, data }))));
export const drop = (name) => orNothing(during("readwrite", async (takes, pieces) => { await asked(takes.delete(name)); await asked(pieces.delete(piecesOf(name))); }));
export const lastOf = (bulletin) => orNothing(during("readonly", async (takes) => (await asked(takes.getAll())).filter((take) => take.bulletin === bulletin).sort((a, b) => a.at.localeCompare(b.at)).at(-1)));
export const blobOf = (take) => orNothing(during("readonly", async (_takes, pieces) => new Blob((await asked(pieces.getAll(piecesOf(take.name)))).map((piece) => piece.data), { type: take.type })));
