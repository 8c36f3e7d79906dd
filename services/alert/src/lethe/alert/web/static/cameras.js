// What a camera sees, every face covered: a picture at a time, gone when its frame is a second old.

import { nowMs, timeText } from "./clock.js";
import { at, tell } from "./elements.js";
import { Picture } from "./picture.js";

const OLD_MS = 1_000;
const AGAIN_MS = 1_000;
const SHOWN = "";
const NONE = "none";
const ELSEWHERE = "see below how the camera is, and above how its deployment stands";
const UNANSWERED = "The service doesn't answer.";

const picture = new Picture("");
/** What is asked for; aborted when nobody looks any more. @type {AbortController | null} */
let asked = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let covering;
/** How each camera was said to be last. @type {Map<string, string>} */
let states = new Map();
/** When the picture went that no other followed; null if there was none. @type {string | null} */
let wentAt = null;
/** Whether what is told is that there is no picture, and why. */
let isTellingWhy = false;

export function watchCameras() {
  picture.place.classList.add("view");
  at("view").prepend(picture.place);
  at("look").onclick = () => (asked ? stop() : look(chosen().value));
  chosen().onchange = () => asked && look(chosen().value);
  // Whoever doesn't see the page isn't sent anything, and a screen that comes back shows nothing old.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) stop("Stopped: this page was out of sight.");
  });
}

/**
 * Takes which cameras there are, and how.
 * @param {CameraStatus[]} cameras
 */
export function offerCameras(cameras) {
  states = new Map(cameras.map((each) => [each.camera_id, each.state]));
  if (asked && isTellingWhy) tellWhy();
  const names = [...states.keys()].sort();
  const known = [...chosen().options].map((option) => option.value);
  if (names.join("\n") === known.join("\n")) return;
  const before = chosen().value;
  chosen().replaceChildren(
    ...names.map((name) => new Option(name, name, false, name === before)),
  );
  at("look", HTMLButtonElement).disabled = names.length === 0;
  if (asked && chosen().value !== before) stop("Stopped: the camera is gone.");
}

/**
 * Looks at a camera that somebody names elsewhere on the page.
 * @param {string} camera
 */
export function lookAt(camera) {
  chosen().value = camera;
  at("camera").scrollIntoView({ block: "nearest" });
  look(camera);
}

function chosen() {
  return at("camera", HTMLSelectElement);
}

/** @param {string} camera */
async function look(camera) {
  stop();
  const { signal } = (asked = new AbortController());
  tell(at("look"), "Stop looking");
  at("view").hidden = false;
  wentAt = null;
  if (states.get(camera) === "live") tell(at("view-told"), "Waiting for a picture.");
  else tellWhy();
  while (!signal.aborted) {
    const told = await next(camera, signal);
    if (signal.aborted) return;
    if (told === NONE) tellWhy();
    else say(told && wentAt ? `${since(wentAt)}. ${told}` : told);
    if (told !== SHOWN) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** @param {string} [told] */
function stop(told = "") {
  asked?.abort();
  asked = null;
  cover();
  tell(at("look"), "Look");
  say(told);
  at("view").hidden = true;
}

/** @param {string} told */
function say(told) {
  isTellingWhy = false;
  tell(at("view-told"), told);
}

/** Says that there is no picture, since when, and why where that is known. */
function tellWhy() {
  isTellingWhy = true;
  const state = states.get(chosen().value);
  const known = state === "ended" ? "the camera has ended" : `the camera is ${state}`;
  const none = wentAt === null ? "No picture comes" : since(wentAt);
  tell(at("view-told"), `${none}: ${state === undefined || state === "live" ? ELSEWHERE : known}.`);
}

/** @param {string} went */
function since(went) {
  return `No picture since ${timeText(went)}`;
}

/**
 * Shows the next picture; returns what is wrong if there is none.
 * @param {string} camera
 * @param {AbortSignal} signal
 */
async function next(camera, signal) {
  try {
    const answer = await fetch(`/api/v1/cameras/${encodeURIComponent(camera)}/view`, { signal });
    const arrivedMs = performance.now();
    if (answer.status === 204) return NONE;
    if (!answer.ok) return `It can't be shown: ${(await answer.json()).detail}.`;
    const bitmap = await createImageBitmap(await answer.blob());
    const ageMs = Number(answer.headers.get("Lethe-Age-Ms"));
    const leftMs = OLD_MS - ageMs - (performance.now() - arrivedMs);
    if (leftMs > 0 && !signal.aborted) show(bitmap, camera, ageMs, leftMs);
    bitmap.close();
    return leftMs > 0 ? SHOWN : "Pictures come too late to be shown.";
  } catch {
    return UNANSWERED;
  }
}

/**
 * @param {ImageBitmap} bitmap
 * @param {string} camera
 * @param {number} ageMs
 * @param {number} leftMs
 */
function show(bitmap, camera, ageMs, leftMs) {
  picture.draw(bitmap, `What ${camera} sees, every face covered`);
  tell(at("view-age"), `${Math.round(ageMs)} ms old when it was sent`);
  wentAt = null;
  clearTimeout(covering);
  covering = setTimeout(() => {
    cover();
    wentAt = new Date(nowMs()).toISOString();
    tellWhy();
  }, leftMs);
}

function cover() {
  clearTimeout(covering);
  picture.cover();
  tell(at("view-age"), "");
}
