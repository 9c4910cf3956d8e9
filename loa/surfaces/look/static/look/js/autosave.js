// Saves a form as it is typed. Every word stays on this machine until the server has said that it holds it.

const PAUSE_MS = 800;
const RETRY_MS = 10_000;
const ANSWER_MS_MAX = 20_000;

// What people type and choose; hidden fields belong to the page, and an old one must not come back.
const typed = (form) => [...form.elements].filter((field) => field.name && !["file", "hidden", "submit"].includes(field.type));

const fieldsOf = (form) => {
  const kept = {};
  for (const field of typed(form)) {
    const values = (kept[field.name] ??= []);
    const isChoice = field.type === "checkbox" || field.type === "radio";
    if (!isChoice || field.checked) values.push(field.value);
  }
  return kept;
};

function put(form, kept) {
  for (const field of typed(form)) {
    const values = kept[field.name] ?? [];
    if (field.type === "checkbox" || field.type === "radio") field.checked = values.includes(field.value);
    else if (values.length) field.value = values[0];
  }
}

class Autosave {
  constructor(form) {
    this.form = form;
    this.key = `loa-kept-${form.dataset.autosaveKey}`;
    this.says = form.querySelector("[data-autosave-state]");
    this.revision = form.elements.revision;
    this.timer = null;
    this.sending = null;
    this.again = false;
    for (const happening of ["input", "change"]) form.addEventListener(happening, () => this.touched());
    form.addEventListener("submit", (event) => this.leave(event));
    window.addEventListener("online", () => this.kept() && this.soon(0));
    document.addEventListener("visibilitychange", () => document.hidden && this.timer && this.save());
    this.offer();
  }

  touched() {
    this.keep();
    this.soon(PAUSE_MS);
  }

  soon(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), wait);
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = null;
  }

  // One at a time: the next must know the revision that this one makes.
  save() {
    this.stop();
    if (this.sending) {
      this.again = true;
      return;
    }
    this.sending = this.once().finally(() => {
      this.sending = null;
      if (this.again) this.soon(0);
      this.again = false;
    });
  }

  async once() {
    try {
      const saved = await this.send();
      for (const [name, value] of Object.entries(saved.fields ?? {})) this.form.elements[name].value = value;
      if (!this.again && !this.timer) this.forget();
      this.say("saved", saved.saved_at);
      document.body.dispatchEvent(new Event("loa:saved"));
    } catch (problem) {
      this.say(problem.refused ? "refused" : "kept", new Date().toISOString());
      if (problem.isOlder) this.offerMerge();
      if (!problem.refused) this.soon(RETRY_MS);
    }
  }

  // A button pressed while a save is under way waits for it, or it would contradict itself.
  leave(event) {
    this.stop();
    if (!this.sending) return;
    event.preventDefault();
    this.sending.then(() => this.form.requestSubmit(event.submitter));
  }

  async send() {
    const body = new FormData(this.form);
    for (const [name, value] of [...body]) if (typeof value !== "string") body.delete(name);
    const answer = await fetch(this.form.dataset.autosave, { method: "POST", body, headers: { Accept: "application/json" }, keepalive: document.hidden, signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    if (!answer.ok || answer.redirected) throw Object.assign(new Error(String(answer.status)), { refused: answer.redirected || answer.status < 500, isOlder: answer.status === 409 });
    return answer.json();
  }

  keep() {
    try { localStorage.setItem(this.key, JSON.stringify({ at: new Date().toISOString(), revision: this.revision?.value, fields: fieldsOf(this.form) })); } catch { /* a full or closed store must not stop the writing */ }
  }

  kept() {
    try { return JSON.parse(localStorage.getItem(this.key)); } catch { return null; }
  }

  forget() {
    try { localStorage.removeItem(this.key); } catch { /* nothing was kept */ }
  }

  say(state, instant) {
    const at = new Date(instant).toLocaleTimeString("vi-VN", { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Asia/Ho_Chi_Minh" });
    this.says.dataset.state = state;
    this.says.textContent = this.says.dataset[state].replace("{time}", at);
  }

  // Somebody else wrote meanwhile: the server lays both texts side by side.
  offerMerge() {
    const box = this.form.querySelector("[data-autosave-merge]");
    if (!box) return;
    box.hidden = false;
    box.querySelector("button").onclick = () => { this.stop(); this.form.submit(); };
  }

  // What was typed on an older text keeps that text's number, or it would overwrite the newer one.
  restore(kept) {
    put(this.form, kept.fields);
    if (!this.revision || !kept.revision || kept.revision === this.revision.value) return this.soon(0);
    this.revision.value = kept.revision;
    this.offerMerge();
  }

  offer() {
    const kept = this.kept();
    const box = this.form.querySelector("[data-autosave-offer]");
    if (!kept || !box) return;
    if (JSON.stringify(kept.fields) === JSON.stringify(fieldsOf(this.form))) return this.forget();
    box.hidden = false;
    box.querySelector("[data-autosave-restore]").addEventListener("click", () => { box.hidden = true; this.restore(kept); });
    box.querySelector("[data-autosave-drop]").addEventListener("click", () => { this.forget(); box.hidden = true; });
  }
}

for (const form of document.querySelectorAll("form[data-autosave]")) new Autosave(form);
