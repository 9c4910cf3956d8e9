// Copies a hash or a key; the button shows only where the clipboard may be used.

const CALM_MS = 2000;

async function copy(button) {
  const says = button.querySelector("[data-copy-words]");
  const before = says.textContent;
  await navigator.clipboard.writeText(button.dataset.copy);
  says.textContent = button.dataset.copied;
  setTimeout(() => { says.textContent = before; }, CALM_MS);
}

if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
}
