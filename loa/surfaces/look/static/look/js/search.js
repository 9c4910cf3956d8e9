// The key / brings one to the search box, from wherever nothing is being typed.

const box = document.querySelector("#search");
const TYPED_IN = "input, textarea, select, [contenteditable]";

document.addEventListener("keydown", (event) => {
  const isPlain = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!box || !isPlain || event.target.closest(TYPED_IN)) return;
  event.preventDefault();
  box.focus();
  box.select();
});
