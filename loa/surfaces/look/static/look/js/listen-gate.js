// Lights the approve button once the sound was heard to its end, or the full-text box is ticked.
// The server decides again; without script the box is simply required.

const ENOUGH = 0.98;

function heardSeconds(audio) {
  let sum = 0;
  for (let i = 0; i < audio.played.length; i += 1) sum += audio.played.end(i) - audio.played.start(i);
  return sum;
}

function start(form) {
  const audio = document.getElementById(form.dataset.listenGate);
  const button = form.querySelector("[data-gate-button]");
  const tick = form.querySelector("[data-gate-read]");
  const heard = form.querySelector("[data-gate-heard]");
  const note = form.querySelector("[data-gate-note]");
  let share = 0;

  const isOpen = () => tick.checked || share >= ENOUGH;
  const show = () => {
    button.setAttribute("aria-disabled", String(!isOpen()));
    button.querySelector(".gate-fill").style.setProperty("--heard", String(share));
    tick.required = false;
    if (isOpen()) delete note.dataset.refused;
    note.textContent = isOpen() ? note.dataset.ready : note.dataset.listen.replace("{percent}", String(Math.floor(share * 100)));
  };

  audio?.addEventListener("timeupdate", () => {
    if (!Number.isFinite(audio.duration) || !audio.duration) return;
    share = Math.max(share, Math.min(1, heardSeconds(audio) / audio.duration));
    heard.value = share >= ENOUGH ? "yes" : "";
    show();
  });
  tick.addEventListener("change", show);
  form.addEventListener("submit", (event) => {
    if (isOpen()) return;
    event.preventDefault();
    note.dataset.refused = "yes";
    note.setAttribute("role", "alert");
    note.textContent = note.dataset.closed;
    tick.focus();
  });
  show();
}

for (const form of document.querySelectorAll("form[data-listen-gate]")) start(form);
