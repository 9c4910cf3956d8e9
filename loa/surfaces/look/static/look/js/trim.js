// Two handles say what is kept of a sound; what is cut is shaded, and what is kept can be heard.

const clock = (ms) => `${Math.floor(ms / 60_000)}:${((ms % 60_000) / 1000).toFixed(1).padStart(4, "0")}`;
const LEAST_MS = 500;

function start(form) {
  if (form.dataset.started) return;
  form.dataset.started = "yes";
  const total = Number(form.dataset.durationMs) || 1;
  const [from, to] = ["start_ms", "end_ms"].map((name) => form.elements[name]);
  const audio = form.querySelector("[data-trim-audio]");
  const button = form.querySelector("[data-trim-play]");

  const show = (moved) => {
    if (Number(to.value) - Number(from.value) < LEAST_MS) {
      if (moved === from) from.value = String(Math.max(0, Number(to.value) - LEAST_MS));
      else to.value = String(Number(from.value) + LEAST_MS);
    }
    form.querySelector("[data-trim-start]").textContent = clock(Number(from.value));
    form.querySelector("[data-trim-end]").textContent = clock(Number(to.value));
    for (const end of [from, to]) end.setAttribute("aria-valuetext", clock(Number(end.value)));
    form.querySelector("[data-trim-before]").style.width = `${(100 * Number(from.value)) / total}%`;
    form.querySelector("[data-trim-after]").style.width = `${100 - (100 * Number(to.value)) / total}%`;
  };

  for (const end of [from, to]) end.addEventListener("input", () => show(end));
  if (audio) {
    button.hidden = false;
    audio.hidden = true;
    button.addEventListener("click", () => {
      audio.currentTime = Number(from.value) / 1000;
      audio.play().catch(() => {});
    });
    audio.addEventListener("timeupdate", () => {
      if (audio.currentTime * 1000 >= Number(to.value)) audio.pause();
    });
  }
  show();
}

const startAll = (root) => { for (const form of root.querySelectorAll("form[data-trim]")) start(form); };
startAll(document);
document.addEventListener("htmx:load", (event) => startAll(event.target.parentNode ?? document));
