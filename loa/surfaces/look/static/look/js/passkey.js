// Asks a person's own passkey: to be made on a page of keys, to sign on the page of approval, to
// enter at the door.
// The server says what is asked and judges what comes back; here it is only carried.

const bytes = (text) => {
  const padded = text.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(padded), (letter) => letter.charCodeAt(0));
};

const text = (buffer) => {
  const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};

const withBytes = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

async function made(options) {
  const user = { ...options.user, id: bytes(options.user.id) };
  const excludeCredentials = withBytes(options.excludeCredentials);
  const publicKey = { ...options, user, excludeCredentials, challenge: bytes(options.challenge) };
  const credential = await navigator.credentials.create({ publicKey });
  const { clientDataJSON, attestationObject } = credential.response;
  const response = { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject) };
  const rawId = text(credential.rawId);
  const clientExtensionResults = credential.getClientExtensionResults();
  const whole = { id: rawId, rawId, type: credential.type, response, clientExtensionResults };
  return { credential: JSON.stringify(whole) };
}

async function answered(options) {
  const allowCredentials = withBytes(options.allowCredentials);
  const publicKey = { ...options, allowCredentials, challenge: bytes(options.challenge) };
  return navigator.credentials.get({ publicKey });
}

async function entered(options) {
  const credential = await answered(options);
  const { clientDataJSON, authenticatorData, signature, userHandle } = credential.response;
  const response = {
    clientDataJSON: text(clientDataJSON),
    authenticatorData: text(authenticatorData),
    signature: text(signature),
    userHandle: userHandle ? text(userHandle) : null,
  };
  const rawId = text(credential.rawId);
  return { credential: JSON.stringify({ id: rawId, rawId, type: credential.type, response }) };
}

async function signed(options) {
  const credential = await answered(options);
  return {
    credential_id: text(credential.rawId),
    authenticator_data: text(credential.response.authenticatorData),
    client_data: text(credential.response.clientDataJSON),
    signature: text(credential.response.signature),
  };
}

async function asked(form) {
  const answer = await fetch(form.dataset.passkeyOptions, { method: "POST", body: new FormData(form) });
  if (answer.headers.get("content-type")?.startsWith("application/json")) return answer.json();
  return { problem: form.dataset.passkeyLost };
}

function start(form) {
  const note = form.querySelector("[data-passkey-note]");
  const say = (words) => {
    note.textContent = words;
    note.hidden = !words;
  };
  const answer = { make: made, sign: signed, enter: entered }[form.dataset.passkey];
  let isBusy = false;

  const carry = async () => {
    const told = await asked(form);
    if (told.problem) return say(told.problem);
    if (!told.publicKey) return form.submit();
    say(form.dataset.passkeyTouch);
    for (const [name, value] of Object.entries(await answer(told.publicKey))) {
      form.elements.namedItem(name).value = value;
    }
    return form.submit();
  };

  form.addEventListener("submit", async (event) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    if (!window.PublicKeyCredential || !window.isSecureContext) {
      say(form.dataset.passkeyMissing);
      return;
    }
    if (isBusy) return;
    isBusy = true;
    try {
      await carry();
    } catch (error) {
      say(error.name === "InvalidStateError" ? form.dataset.passkeyKnown : form.dataset.passkeyRefused);
    } finally {
      isBusy = false;
    }
  });
}

for (const form of document.querySelectorAll("form[data-passkey]")) start(form);
