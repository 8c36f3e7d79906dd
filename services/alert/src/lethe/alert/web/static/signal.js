// Sound and vibration for a new alert, and the count in the title while nobody looks.

import { at, tell } from "./elements.js";

const PATTERN_MS = [250, 120, 250, 120, 250];
const TONES_HZ = [880, 660, 880];
const TONE_S = 0.16;
const APART_MS = 1_000;
const KEPT = "lethe-sound"; // "off" if somebody turned it off

/** @type {AudioContext | null} */
let audio = null;
let unseen = 0;
let signalledMs = 0;

function isOn() {
  return localStorage.getItem(KEPT) !== "off";
}

function show() {
  const text = !isOn() ? "Sound is off" : audio?.state === "running" ? "Sound is on" : "Turn sound on";
  tell(at("sound"), text);
  at("sound").setAttribute("aria-pressed", String(text === "Sound is on"));
}

// A browser plays nothing before somebody has touched the page.
async function start() {
  audio ??= new AudioContext();
  audio.onstatechange = show;
  await audio.resume();
  show();
}

/** @param {Event} event */
function startOnce(event) {
  // The button itself decides.
  if (event.target === at("sound") || !isOn()) return;
  for (const touch of ["pointerdown", "keydown"]) document.removeEventListener(touch, startOnce);
  start();
}

function play() {
  if (!isOn() || audio?.state !== "running") return;
  for (const [number, hertz] of TONES_HZ.entries()) {
    const [tone, volume] = [audio.createOscillator(), audio.createGain()];
    const begin = audio.currentTime + number * TONE_S * 1.4;
    tone.frequency.value = hertz;
    volume.gain.setValueAtTime(0.0001, begin);
    volume.gain.exponentialRampToValueAtTime(0.5, begin + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, begin + TONE_S);
    tone.connect(volume).connect(audio.destination);
    tone.start(begin);
    tone.stop(begin + TONE_S);
  }
}

/** Tells of a new alert; of many at once a single time. */
export function signal() {
  if (Date.now() - signalledMs > APART_MS) {
    signalledMs = Date.now();
    play();
    navigator.vibrate?.(PATTERN_MS);
  }
  if (document.hidden) {
    unseen += 1;
    document.title = `(${unseen}) Lethe`;
  }
}

export function watchSound() {
  at("sound").onclick = async () => {
    const turnsOff = isOn() && audio?.state === "running";
    localStorage.setItem(KEPT, turnsOff ? "off" : "on");
    if (!turnsOff) await start();
    show();
    play();
  };
  for (const touch of ["pointerdown", "keydown"]) document.addEventListener(touch, startOnce);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    unseen = 0;
    document.title = "Lethe";
  });
  show();
}
