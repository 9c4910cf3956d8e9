// A form with one file sends it in parts and says how far it is; without script it is sent whole.

import { addressOf, newName, send, words } from "./sending.js";

async function sent(form, file, says) {
  const address = addressOf(form.dataset.sending, newName());
  const fields = { bulletin: form.dataset.bulletin, filename: file.name };
  try {
    await send(address, file, fields, (state, percent) => { says.textContent = words(form, state, percent); });
    says.textContent = words(form, "sent");
    form.reset();
    document.body.dispatchEvent(new Event("loa:sent"));
  } catch (problem) {
    says.textContent = problem.message;
    says.classList.add("field-error");
  }
}

for (const form of document.querySelectorAll("form[data-sending]")) {
  const says = form.querySelector("[data-sending-says]");
  form.addEventListener("submit", async (event) => {
    const file = form.querySelector("input[type=file]").files[0];
    if (!file) return;
    event.preventDefault();
    says.classList.remove("field-error");
    event.submitter.disabled = true;
    await sent(form, file, says);
    event.submitter.disabled = false;
  });
}
