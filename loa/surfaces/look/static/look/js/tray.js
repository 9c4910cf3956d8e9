// An approved item is dragged from the tray onto a day, or moved there with the arrow keys.
// Nothing is decided here: it leads to the page that asks for the time, filled in.

const STEP = 5;
const LAST = 24 * 60 - STEP;
const two = (n) => String(n).padStart(2, "0");
const words = (minute) => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
let picked = null;

function take(item) {
  picked = item;
  for (const day of document.querySelectorAll("[data-drop-place]")) {
    day.classList.toggle("drop-open", Boolean(item) && item.dataset.places.split(" ").includes(day.dataset.dropPlace));
  }
}

function marker(day) {
  let mark = day.querySelector(".drop-mark");
  if (!mark) {
    mark = document.createElement("div");
    mark.className = "drop-mark";
    mark.tabIndex = 0;
    mark.setAttribute("role", "slider");
    mark.setAttribute("aria-label", day.dataset.dropLabel);
    mark.setAttribute("aria-valuemin", "0");
    mark.setAttribute("aria-valuemax", String(LAST));
    mark.append(document.createElement("span"));
    mark.addEventListener("keydown", (event) => key(event, day));
    day.append(mark);
  }
  return mark;
}

function show(day, minute) {
  const mark = marker(day);
  mark.style.left = `${(minute / (24 * 60)) * 100}%`;
  mark.classList.toggle("drop-mark-right", minute > 18 * 60);
  mark.setAttribute("aria-valuenow", String(minute));
  mark.setAttribute("aria-valuetext", words(minute));
  mark.firstChild.textContent = words(minute);
  return mark;
}

function hide() {
  for (const mark of document.querySelectorAll(".drop-mark")) mark.remove();
}

function minuteAt(day, x) {
  const box = day.getBoundingClientRect();
  const minute = ((x - box.left) / box.width) * 24 * 60;
  return Math.min(LAST, Math.max(0, Math.round(minute / STEP) * STEP));
}

function go(day, minute) {
  const at = `${day.dataset.dropDay}T${words(minute)}`;
  window.location.assign(`${picked.dataset.placeUrl}?luc=${at}&noi=${day.dataset.dropPlace}`);
}

function key(event, day) {
  const now = Number(event.currentTarget.getAttribute("aria-valuenow"));
  const move = { ArrowRight: STEP, ArrowUp: STEP, ArrowLeft: -STEP, ArrowDown: -STEP, PageUp: 60, PageDown: -60, Home: -now, End: LAST - now }[event.key];
  if (move !== undefined) show(day, Math.min(LAST, Math.max(0, now + move)));
  else if (event.key === "Enter" || event.key === " ") go(day, now);
  else if (event.key === "Escape") {
    const back = picked.querySelector("[data-pick]");
    take(null);
    hide();
    back.focus();
  } else return;
  event.preventDefault();
}

for (const item of document.querySelectorAll("[data-place-url]")) {
  item.draggable = true;
  item.addEventListener("dragstart", (event) => {
    event.dataTransfer.setData("text/plain", item.dataset.placeUrl);
    take(item);
  });
  item.addEventListener("dragend", () => hide());
  const pick = item.querySelector("[data-pick]");
  pick.hidden = false;
  pick.addEventListener("click", () => {
    take(item);
    hide();
    const day = document.querySelector(".drop-open");
    if (day) show(day, Number(day.dataset.dropFirst)).focus();
    else window.location.assign(item.dataset.placeUrl);
  });
}

for (const day of document.querySelectorAll("[data-drop-place]")) {
  day.addEventListener("dragover", (event) => {
    if (!day.classList.contains("drop-open")) return;
    event.preventDefault();
    show(day, minuteAt(day, event.clientX));
  });
  day.addEventListener("dragleave", (event) => {
    if (!day.contains(event.relatedTarget)) hide();
  });
  day.addEventListener("drop", (event) => {
    if (!day.classList.contains("drop-open")) return;
    event.preventDefault();
    go(day, minuteAt(day, event.clientX));
  });
}
