// Keeps the clock of the wall, and says so when what it shows may be old.

const stale = document.getElementById("wall-stale");
const face = document.querySelector("[data-clock]");
const two = (n) => String(n).padStart(2, "0");

function tick() {
  // The city's clock, wherever the screen believes to stand.
  const wall = new Date(Date.now() + 7 * 3600 * 1000);
  face.textContent = `${two(wall.getUTCHours())}:${two(wall.getUTCMinutes())}`;
}

function say(words) {
  if (stale.textContent !== words) stale.textContent = words;
  stale.hidden = false;
}

document.body.addEventListener("htmx:sendError", () => say(stale.dataset.lost));
document.body.addEventListener("htmx:timeout", () => say(stale.dataset.lost));
document.body.addEventListener("htmx:responseError", (event) => {
  say(event.detail.xhr.status === 401 ? stale.dataset.out : stale.dataset.lost);
});
document.body.addEventListener("htmx:afterOnLoad", (event) => {
  if (event.detail.successful) stale.hidden = true;
});
tick();
setInterval(tick, 1000);
