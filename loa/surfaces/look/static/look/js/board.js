// Keeps a public screen alive: a clock, slides in turn, fresh content by asking; the last content stays when the line is lost.

const ASK_MS = 10_000;
const LOST_AFTER_MS = 60_000;
const TICK_MS = 250;

const board = document.querySelector("[data-board]");
let askedAt = Date.now();
let shown = 0;
let since = Date.now();

function tellTime() {
  const clock = board.querySelector("[data-board-clock]");
  clock.textContent = new Date().toLocaleTimeString("vi-VN", { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Asia/Ho_Chi_Minh" });
}

function turn() {
  const slides = [...board.querySelectorAll("[data-slide]")];
  if (shown >= slides.length) shown = 0;
  const stay = Number(slides[shown]?.dataset.slide ?? 8) * 1000;
  if (Date.now() - since > stay) { shown = (shown + 1) % Math.max(1, slides.length); since = Date.now(); }
  slides.forEach((slide, index) => { slide.hidden = index !== shown; });
}

function warn() {
  board.querySelector("[data-board-lost]").hidden = Date.now() - askedAt < LOST_AFTER_MS;
}

async function ask() {
  try {
    const answer = await fetch(board.dataset.board, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const text = await answer.text();
    askedAt = Date.now();
    const slides = board.querySelector("[data-slides]");
    if (slides.dataset.raw === text) return;
    slides.dataset.raw = text;
    slides.replaceChildren(...new DOMParser().parseFromString(text, "text/html").body.childNodes);
  } catch { /* the last content stays on the screen */ }
}

setInterval(() => { tellTime(); turn(); warn(); }, TICK_MS);
setInterval(ask, ASK_MS);
tellTime();
turn();
