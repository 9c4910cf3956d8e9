// Saves a form as it is typed. When the line is lost the words stay on this machine until they get through.

const PAUSE_MS = 800;
const RETRY_MS = 10_000;

const fieldsOf = (form) => {
  const kept = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value !== "string" || name === "csrfmiddlewaretoken") continue;
    (kept[name] ??= []).push(value);
  }
  return kept;
};

function put(form, kept) {
  for (const field of form.elements) {
    if (!field.name || field.type === "file" || field.name === "csrfmiddlewaretoken") continue;
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
    this.timer = null;
    this.round = 0;
    form.addEventListener("input", () => this.soon(PAUSE_MS));
    form.addEventListener("change", () => this.soon(PAUSE_MS));
    form.addEventListener("submit", () => this.stop());
    window.addEventListener("online", () => this.kept() && this.soon(0));
    document.addEventListener("visibilitychange", () => document.hidden && this.timer && this.save());
    this.offer();
  }

  soon(wait) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), wait);
  }

  stop() {
    clearTimeout(this.timer);
    this.timer = null;
    this.round += 1;
  }

  async save() {
    this.stop();
    const mine = this.round;
    try {
      const saved = await this.send();
      if (mine !== this.round) return;
      this.forget();
      for (const [name, value] of Object.entries(saved.fields ?? {})) this.form.elements[name].value = value;
      this.say("saved", saved.saved_at);
      document.body.dispatchEvent(new Event("loa:saved"));
    } catch (problem) {
      if (mine !== this.round) return;
      this.keep();
      this.say(problem.refused ? "refused" : "kept", new Date().toISOString());
      if (!problem.refused) this.soon(RETRY_MS);
    }
  }

  async send() {
    const body = new FormData(this.form);
    for (const [name, value] of [...body]) if (typeof value !== "string") body.delete(name);
    const answer = await fetch(this.form.dataset.autosave, { method: "POST", body, headers: { Accept: "application/json" }, keepalive: document.hidden });
    if (!answer.ok || answer.redirected) throw Object.assign(new Error(String(answer.status)), { refused: answer.redirected || answer.status < 500 });
    return answer.json();
  }

  keep() {
    try { localStorage.setItem(this.key, JSON.stringify({ at: new Date().toISOString(), fields: fieldsOf(this.form) })); } catch { /* a full or closed store must not stop the writing */ }
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

  offer() {
    const kept = this.kept();
    const box = this.form.querySelector("[data-autosave-offer]");
    if (!kept || !box) return;
    if (JSON.stringify(kept.fields) === JSON.stringify(fieldsOf(this.form))) return this.forget();
    box.hidden = false;
    box.querySelector("[data-autosave-restore]").addEventListener("click", () => { put(this.form, kept.fields); box.hidden = true; this.soon(0); });
    box.querySelector("[data-autosave-drop]").addEventListener("click", () => { this.forget(); box.hidden = true; });
  }
}

for (const form of document.querySelectorAll("form[data-autosave]")) new Autosave(form);
