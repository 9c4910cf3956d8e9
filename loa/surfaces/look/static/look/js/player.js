// Turns a native <audio> into one big button, a waveform slider and a time; without script the native one stays.

const clock = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds || 0));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};

function lengthOf(audio, box) {
  return Number.isFinite(audio.duration) ? audio.duration : Number(box.dataset.durationMs || 0) / 1000;
}

function showPosition(audio, box) {
  const total = lengthOf(audio, box);
  const share = total ? Math.min(1, audio.currentTime / total) : 0;
  const seek = box.querySelector("[data-player-seek]");
  seek.value = String(Math.round(share * 1000));
  seek.setAttribute("aria-valuetext", `${clock(audio.currentTime)} / ${clock(total)}`);
  box.querySelector("[data-player-line]").style.left = `${share * 100}%`;
  box.querySelector("[data-player-clip]")?.setAttribute("width", String(share * 1000));
  box.querySelector("[data-player-time]").textContent = `${clock(audio.currentTime)} / ${clock(total)}`;
}

function showButton(audio, button) {
  const playing = !audio.paused && !audio.ended;
  button.setAttribute("aria-label", playing ? button.dataset.pause : button.dataset.play);
  button.querySelector("[data-icon-play]").toggleAttribute("hidden", playing);
  button.querySelector("[data-icon-pause]").toggleAttribute("hidden", !playing);
}

function pauseOthers(audio) {
  for (const other of document.querySelectorAll("[data-player] audio")) {
    if (other !== audio) other.pause();
  }
}

function press(audio, box) {
  if (!audio.paused) return audio.pause();
  pauseOthers(audio);
  audio.play().catch(() => showFailure(box));
}

function showFailure(box) {
  box.querySelector("[data-player-failure]").hidden = false;
}

function start(box) {
  if (box.dataset.started) return;
  box.dataset.started = "yes";
  const audio = box.querySelector("audio");
  const button = box.querySelector("[data-player-play]");
  const seek = box.querySelector("[data-player-seek]");
  audio.removeAttribute("controls");
  audio.hidden = true;
  box.querySelector("[data-player-deck]").hidden = false;
  button.addEventListener("click", () => press(audio, box));
  seek.addEventListener("input", () => {
    audio.currentTime = (Number(seek.value) / 1000) * lengthOf(audio, box);
  });
  for (const event of ["play", "pause", "ended"]) audio.addEventListener(event, () => showButton(audio, button));
  for (const event of ["timeupdate", "loadedmetadata", "seeked"]) audio.addEventListener(event, () => showPosition(audio, box));
  audio.addEventListener("error", () => showFailure(box));
  showPosition(audio, box);
  showButton(audio, button);
}

function startAll(root) {
  for (const box of root.querySelectorAll("[data-player]")) start(box);
}

startAll(document);
document.addEventListener("htmx:load", (event) => startAll(event.target.parentNode ?? document));
