// Counts down what is on air between two looks at the server.

const two = (n) => String(n).padStart(2, "0");

function tick() {
  for (const left of document.querySelectorAll("[data-ends-at]")) {
    const seconds = Math.max(0, Math.round((Date.parse(left.dataset.endsAt) - Date.now()) / 1000));
    left.textContent = `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  }
}

setInterval(tick, 1000);
