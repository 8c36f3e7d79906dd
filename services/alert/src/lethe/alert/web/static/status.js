// How the system is: which orders run, which cameras are live, and why nothing is found.

import { ask } from "./api.js";
import { ageText, nowMs, timeText } from "./clock.js";
import { at, element, foreign, tell } from "./elements.js";

const EVERY_MS = 5_000;

export class SystemStatus {
  constructor() {
    /** @type {string | null} when what is shown was told; null once it is the latest */
    this.oldSince = null;
    this.toldMs = 0;
  }

  /**
   * Asks again and again.
   * @param {(told: StatusAnswer) => void} [told]
   */
  async watch(told) {
    /** @type {import("./api.js").Answer<StatusAnswer>} */
    const answer = await ask("/status");
    if (answer.content) {
      this.show(answer.content);
      told?.(answer.content);
    }
    // What is old stays on the page, and says that it is.
    else if (this.toldMs) this.oldSince ??= new Date(this.toldMs).toISOString();
    this.tick();
    setTimeout(() => this.watch(told), EVERY_MS);
  }

  /** @param {Status} status */
  show(status) {
    this.oldSince = null;
    this.toldMs = nowMs();
    const all = status.deployments;
    at("local").hidden = all.length > 0 && !all.some((each) => each.order_type === "local");
    at("cameras").replaceChildren(...status.cameras.map(cameraItem));
    banner("unseeing", isUnseeing(status) ? "No camera is live: nobody is seen, and no alert comes." : "");
    banner("blind", status.blind === null ? "" : `No searches take place: ${status.blind}`);
    banner("suspended", all.map(suspensionText).filter(Boolean).join(" "));
  }

  tick() {
    at("cameras").dataset.old = String(this.oldSince !== null);
    tell(
      at("cameras-age"),
      this.oldSince === null ? "" : `Cameras as they were ${ageText(this.oldSince)}`,
    );
  }
}

/** @typedef {Status & Traffic} StatusAnswer */

/** @param {CameraStatus} camera */
function cameraItem(camera) {
  const why = camera.trouble ? [": ", foreign(camera.trouble)] : [];
  const item = element("li", "", foreign(camera.camera_id), ` ${camera.state}`, ...why);
  item.dataset.state = camera.state;
  return item;
}

/**
 * Whether something runs and none of its cameras is live.
 * @param {Status} status
 */
function isUnseeing({ deployments, cameras }) {
  const running = deployments.filter((each) => each.status === "running").map((each) => each.deployment_id);
  const theirs = cameras.filter((each) => running.includes(each.deployment_id));
  return theirs.length > 0 && theirs.every((each) => each.state !== "live");
}

/** @param {DeploymentStatus} deployment */
function suspensionText({ deployment_id: id, suspended }) {
  if (!suspended) return "";
  return (
    `Suspended, nothing is captured: ${suspended.reason} (${id}, since ` +
    `${timeText(suspended.since)}). An officer has to find out why before resuming it.`
  );
}

/**
 * @param {string} name
 * @param {string} text
 */
function banner(name, text) {
  tell(at(name), text);
  at(name).hidden = text === "";
}
