// Records a voice: shows how loud it is, keeps every piece on this machine, sends it when asked.

import * as kept from "./kept-takes.js";
import { addressOf, newName, send, words } from "./sending.js";

const KINDS = ["audio/webm;codecs=opus", "audio/mp4", "audio/ogg;codecs=opus"];
const PIECE_MS = 2_000;
const QUIET_DB = -34;
const LOUD_DB = -3;

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

class Level {
  constructor(box, stream) {
    this.box = box;
    this.context = new AudioContext();
    this.analyser = new AnalyserNode(this.context, { fftSize: 2048 });
    this.context.createMediaStreamSource(stream).connect(this.analyser);
    this.samples = new Float32Array(this.analyser.fftSize);
    this.highest = -60;
    box.hidden = false;
    this.timer = setInterval(() => this.look(), 80);
    this.said = setInterval(() => this.tell(), 700);
  }

  look() {
    this.analyser.getFloatTimeDomainData(this.samples);
    const peak = this.samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const decibel = Math.max(-60, 20 * Math.log10(peak || 1e-6));
    this.highest = Math.max(this.highest, decibel);
    this.box.querySelector("meter").value = 60 + decibel;
  }

  tell() {
    const box = this.box.closest("[data-recorder]");
    const how = this.highest < QUIET_DB ? "quiet" : this.highest > LOUD_DB ? "loud" : "good";
    this.box.querySelector("[data-recorder-level-words]").textContent = words(box, how);
    this.highest = -60;
  }

  stop() {
    clearInterval(this.timer);
    clearInterval(this.said);
    this.box.hidden = true;
    this.context.close();
  }
}

class Recorder {
  constructor(box) {
    this.box = box;
    this.part = (name) => box.querySelector(`[data-recorder-${name}]`);
    this.pieces = [];
    this.part("start").addEventListener("click", () => this.start());
    this.part("stop").addEventListener("click", () => this.media.stop());
    this.part("again").addEventListener("click", () => this.again());
    this.part("send").addEventListener("click", () => this.send(this.take, this.blob));
    this.part("buttons").hidden = false;
    this.offer();
    if (!navigator.mediaDevices || !window.MediaRecorder) this.cannot(window.isSecureContext ? "absent" : "insecure");
  }

  say(state, percent) { this.part("says").textContent = words(this.box, state, percent); }

  show(...names) {
    for (const name of ["start", "stop", "send", "again", "preview"]) this.part(name).hidden = !names.includes(name);
  }

  cannot(why) {
    this.show();
    this.say(why);
  }

  async start() {
    this.say("asking");
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, noiseSuppression: true, echoCancellation: false, autoGainControl: true } });
    } catch (problem) {
      this.say(problem.name === "NotFoundError" ? "absent" : "refused");
      return;
    }
    await this.record();
  }

  async record() {
    const type = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind)) ?? "";
    this.take = { name: newName(), type };
    this.pieces = [];
    this.media = new MediaRecorder(this.stream, { mimeType: type || undefined, audioBitsPerSecond: 96_000 });
    this.media.addEventListener("dataavailable", ({ data }) => this.keep(data));
    this.media.addEventListener("stop", () => this.stopped());
    // A call that comes in or a plug that is pulled ends the track: what was said is kept.
    this.stream.getAudioTracks()[0].addEventListener("ended", () => this.media.state !== "inactive" && this.media.stop());
    await kept.begin(this.take.name, this.box.dataset.bulletin, type);
    this.media.start(PIECE_MS);
    this.level = new Level(this.part("level"), this.stream);
    this.began = performance.now();
    this.timer = setInterval(() => this.tick(), 250);
    this.awake = await navigator.wakeLock?.request("screen").catch(() => null);
    this.part("time").hidden = false;
    this.show("stop");
    this.part("stop").focus();
    this.say("recording");
  }

  keep(data) {
    if (!data.size) return;
    this.pieces.push(data);
    kept.add(this.take.name, this.pieces.length, data);
  }

  tick() {
    const seconds = (performance.now() - this.began) / 1000;
    this.part("time").textContent = clock(seconds);
    if (seconds > 60 * Number(this.box.dataset.minutesMax) - 1) this.media.stop();
  }

  stopped() {
    clearInterval(this.timer);
    this.level.stop();
    this.awake?.release();
    for (const track of this.stream.getTracks()) track.stop();
    this.blob = new Blob(this.pieces, { type: this.take.type });
    const preview = this.part("preview");
    URL.revokeObjectURL(preview.src);
    preview.src = URL.createObjectURL(this.blob);
    this.show("preview", "send", "again");
    this.part("send").focus();
    this.say("stopped");
  }

  again() {
    kept.drop(this.take.name);
    this.part("preview").pause();
    this.start();
  }

  async send(take, blob) {
    this.show();
    try {
      await send(addressOf(this.box.dataset.recorder, take.name), blob, { bulletin: this.box.dataset.bulletin }, (state, percent) => this.say(state, percent));
    } catch (problem) {
      this.part("says").textContent = problem.message;
      this.show("send", "again");
      this.take = take;
      this.blob = blob;
      return;
    }
    await kept.drop(take.name);
    this.part("time").hidden = true;
    this.show("start");
    this.say("sent");
    document.body.dispatchEvent(new Event("loa:sent"));
  }

  async offer() {
    const take = await kept.lastOf(this.box.dataset.bulletin);
    const blob = take && await kept.blobOf(take);
    if (!blob?.size) return;
    const offered = this.part("kept");
    this.part("kept-when").textContent = new Date(take.at).toLocaleString("vi-VN", { hour: "2-digit", minute: "2-digit", day: "2-digit", month: "2-digit", timeZone: "Asia/Ho_Chi_Minh" });
    offered.hidden = false;
    this.part("kept-send").addEventListener("click", () => { offered.hidden = true; this.send(take, blob); });
    this.part("kept-drop").addEventListener("click", () => { offered.hidden = true; kept.drop(take.name); });
  }
}

for (const box of document.querySelectorAll("[data-recorder]")) new Recorder(box);
