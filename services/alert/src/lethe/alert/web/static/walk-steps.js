// How far one camera has come in a walk-through, and what to do about what it lacks.

import { button, element, foreign, tell } from "./elements.js";

/** What helps where a step doesn't come. @type {Record<Lack, string>} */
const HINTS = {
  "no-pictures": "Has it power and network? lethe camera check says why no pictures come, and whether it sees well enough.",
  "not-framed": "Look at it: is it where it should be, are faces large enough, is it light? Then press It is right.",
  "no-alert": "The volunteer passes, at walking pace, face towards the camera, nothing before it. Nothing comes? Try closer and in better light; is their image on the list recent, and from the front?",
  late: "The alert came too late: the machine is too busy. Take fewer cameras or frames a second, or a faster machine. Then erase what there is, below, and have the volunteer pass again.",
  "not-shown": "An engagement officer opens the alert on their phone and presses I'm going. Isn't it there? Is the page Live, the sound on, their token for this deployment?",
  "not-erased": "Next: erase what is kept of the volunteer, below.",
};
const PASSED = "This camera has passed.";
const DONE = "✓ ";
const TO_DO = "○ ";

/**
 * @typedef {object} Acts
 * @property {(camera: string) => void} look
 * @property {(camera: string) => void} frame
 * @property {(alertId: string) => void} open
 */

export class CameraSteps {
  /**
   * @param {string} cameraId
   * @param {Acts} acts
   */
  constructor(cameraId, acts) {
    this.pictures = element("span", "");
    this.framed = element("span", "");
    this.alerted = element("span", "");
    this.shown = element("span", "");
    this.hint = element("p", "quiet");
    this.right = button("It is right", () => acts.frame(cameraId));
    this.right.setAttribute("aria-label", `It is right: ${cameraId}`);
    this.open = button("Open the alert", () => this.alertId && acts.open(this.alertId));
    const look = button("Look", () => acts.look(cameraId));
    look.setAttribute("aria-label", `Look at ${cameraId}`);
    /** @type {string | null} */
    this.alertId = null;
    this.place = element(
      "article",
      "camera-steps",
      element("h3", "", foreign(cameraId)),
      element(
        "ol",
        "",
        element("li", "", this.pictures),
        element("li", "", this.framed, " ", look, " ", this.right),
        element("li", "", this.alerted, " ", this.open),
        element("li", "", this.shown),
      ),
      this.hint,
    );
  }

  /**
   * @param {PassageView} told
   * @param {number} limitMs
   */
  update(told, limitMs) {
    this.alertId = told.alert_id;
    const why = told.trouble ? `: ${told.trouble}` : "";
    const state = told.state === "live" ? "" : `, it is ${told.state} now${why}`;
    mark(this.pictures, told.has_pictures, told.has_pictures ? `Pictures come${state}` : `Pictures come? It is ${told.state}${why}`);
    mark(this.framed, told.framed_by !== null, told.framed_by ? `${told.framed_by} found right what it sees` : "What it sees is right?");
    mark(this.alerted, told.is_in_time, alertText(told, limitMs));
    mark(this.shown, told.shown_to !== null, told.shown_to ? `A phone showed it: ${told.shown_to} took it` : "A phone showed it?");
    tell(this.hint, told.lack ? HINTS[told.lack] : PASSED);
    this.right.hidden = told.framed_by !== null;
    this.open.hidden = told.alert_id === null;
    this.place.dataset.lack = told.lack ?? "";
  }
}

/**
 * @param {HTMLElement} place
 * @param {boolean} isDone
 * @param {string} text
 */
export function mark(place, isDone, text) {
  tell(place, (isDone ? DONE : TO_DO) + text);
  place.dataset.done = String(isDone);
}

/**
 * @param {PassageView} told
 * @param {number} limitMs
 */
function alertText({ latency_ms: tookMs, is_in_time: isInTime }, limitMs) {
  if (tookMs === null) return `An alert within ${limitMs} ms?`;
  const took = `The alert came after ${Math.round(tookMs)} ms`;
  return isInTime ? took : `${took}; ${limitMs} ms at most`;
}
