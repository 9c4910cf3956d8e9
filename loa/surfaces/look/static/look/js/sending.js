// Sends a file in parts. What the server has stays there; a lost line only makes it wait.

const PART_BYTES = 512 * 1024;
const ANSWER_MS_MAX = 30_000;
const WAIT_MS = [1_000, 2_000, 5_000, 10_000];

export function newName() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

const token = () => JSON.parse(document.body.getAttribute("hx-headers") ?? "{}")["X-CSRFToken"] ?? "";

// The wait ends early when the line is said to be back.
const pause = (milliseconds) => new Promise((done) => {
  const timer = setTimeout(done, milliseconds);
  window.addEventListener("online", () => { clearTimeout(timer); done(); }, { once: true });
});

async function sendPart(address, blob, offset, fields) {
  const body = new FormData();
  for (const [name, value] of Object.entries({ ...fields, size: blob.size, offset })) body.append(name, value);
  body.append("part", blob.slice(offset, offset + PART_BYTES), "part");
  const answer = await fetch(address, { method: "POST", body, headers: { "X-CSRFToken": token(), Accept: "application/json" }, signal: AbortSignal.timeout(ANSWER_MS_MAX) });
  if (answer.redirected || (answer.status >= 400 && answer.status < 500)) {
    const said = await answer.json().catch(() => ({}));
    throw Object.assign(new Error(said.problem ?? String(answer.status)), { isFinal: true });
  }
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

// `address` holds the name of the upload: sending the same name again goes on where it stopped.
export async function send(address, blob, fields, say) {
  let offset = 0;
  for (let failures = 0; ;) {
    try {
      say("sending", blob.size ? Math.floor((100 * offset) / blob.size) : 0);
      const { received, is_whole: isWhole } = await sendPart(address, blob, offset, fields);
      if (isWhole) return;
      offset = received;
      failures = 0;
    } catch (problem) {
      if (problem.isFinal) throw problem;
      say("waiting", 0);
      await pause(WAIT_MS[Math.min(failures, WAIT_MS.length - 1)]);
      failures += 1;
    }
  }
}

export const addressOf = (address, name) => address.replace(/[0-9a-f-]{36}/, name);

export function words(box, state, percent) {
  return (box.dataset[`says${state[0].toUpperCase()}${state.slice(1)}`] ?? "").replace("{percent}", String(percent));
}
