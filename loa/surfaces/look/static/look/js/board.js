// Keeps a public screen alive: a clock, slides in turn, fresh content by asking. When the line is lost
// the last content stays, each piece only as long as it holds; an emergency takes the screen alone.

const ASK_MS = 10_000;
const ANSWER_MS_MAX = 8_000;
const LOST_AFTER_MS = 60_000;
const TICK_MS = 250;
const DAYS = ["Chủ nhật", "thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy"];

const board = document.querySelector("[data-board]");
const stage = board.querySelector("[data-slides]");
const find = (name) => board.querySelector(`[data-board-${name}]`);

// The screen's own clock may be wrong by years; the server's counts, carried on by a steady one.
let told = Date.parse(board.dataset.now) || Date.now();
let toldAt = performance.now();
let askedAt = performance.now();
let shown = null;
let since = performance.now();
let last = stage.innerHTML;

const now = () => told + (performance.now() - toldAt);
const two = (n) => String(n).padStart(2, "0");

// The city has no summer time: its wall clock is UTC+7 on every device, whatever the device knows of zones.
const wall = () => new Date(now() + 7 * 3_600_000);

function tellTime() {
  const at = wall();
  find("time").hidden = false;
  find("clock").textContent = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
  find("day").textContent = `${DAYS[at.getUTCDay()]}, ${two(at.getUTCDate())}-${two(at.getUTCMonth() + 1)}-${at.getUTCFullYear()}`;
}

function live() {
  const holding = [...stage.querySelectorAll("[data-slide]")].filter((slide) => Date.parse(slide.dataset.until) > now());
  const urgent = holding.filter((slide) => "urgent" in slide.dataset);
  if (urgent.length) return urgent;
  return holding.length ? holding : [...stage.querySelectorAll("[data-calm]")];
}

function turn() {
  const slides = live();
  let index = slides.findIndex((slide) => slide.dataset.key === shown);
  const stay = Number(slides[index]?.dataset.slide ?? 0) * 1000;
  if (index < 0 || performance.now() - since >= stay) {
    index = (index + 1) % slides.length;
    shown = slides[index].dataset.key;
    since = performance.now();
  }
  for (const slide of stage.children) slide.hidden = slide !== slides[index];
  board.classList.toggle("board-alert", "urgent" in slides[index].dataset);
}

function warn() {
  find("lost").hidden = performance.now() - askedAt < LOST_AFTER_MS;
}

function heard(answer, text) {
  askedAt = performance.now();
  const date = Date.parse(answer.headers.get("Date"));
  if (date) [told, toldAt] = [date, performance.now()];
  const at = wall();
  find("asked").textContent = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
  if (text === last) return;
  last = text;
  stage.innerHTML = text;
  turn();
}

async function ask() {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), ANSWER_MS_MAX);
  try {
    const answer = await fetch(board.dataset.board, { cache: "no-store", signal: patience.signal });
    if (answer.ok) heard(answer, await answer.text());
  } catch { /* the last content stays on the screen */ }
  clearTimeout(timer);
}

board.classList.add("board-running");
setInterval(() => { tellTime(); turn(); warn(); }, TICK_MS);
setInterval(ask, ASK_MS);
tellTime();
turn();
ask();
