// Rows that can be dragged; where one is let go, the order is sent. The buttons do the same by keyboard.

let carried = null;

const rowAt = (event) => event.target.closest?.("[data-reorder-row]");

document.addEventListener("dragstart", (event) => {
  carried = rowAt(event);
  carried?.classList.add("item-carried");
});

document.addEventListener("dragover", (event) => {
  const over = rowAt(event);
  if (!carried || !over || over.parentNode !== carried.parentNode) return;
  event.preventDefault();
  const box = over.getBoundingClientRect();
  over.parentNode.insertBefore(carried, event.clientY > box.top + box.height / 2 ? over.nextSibling : over);
});

document.addEventListener("drop", (event) => carried && event.preventDefault());

document.addEventListener("dragend", () => {
  if (!carried) return;
  carried.classList.remove("item-carried");
  const form = carried.closest("form[data-reorder]");
  carried = null;
  form.requestSubmit(form.querySelector("[data-reorder-send]"));
});

// After a move by button the same row is under the fingers again, one place further.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-reorder] button[id]");
  if (!button) return;
  const [way, place] = button.id.split("-");
  const next = `${way}-${Number(place) + (way === "up" ? -1 : 1)}`;
  document.addEventListener("htmx:afterSwap", () => {
    const found = document.getElementById(next);
    (found?.disabled ? document.getElementById(next.replace(way, way === "up" ? "down" : "up")) : found)?.focus();
  }, { once: true });
});
