// Whether alerts can arrive at all, said honestly.

import { durationText } from "./clock.js";
import { at, tell } from "./elements.js";

/** @typedef {"connecting" | "live" | "lost" | "ended"} ConnectionState */

/** @type {Record<ConnectionState, string>} */
const STATES = {
  connecting: "Connecting",
  live: "Live",
  lost: "Connection lost",
  ended: "Signed out",
};
// Somewhat longer than a heartbeat and its way take.
const SLACK_MS = 3_000;

/**
 * Says how it is before there is a connection.
 * @param {ConnectionState} state
 */
export function showState(state) {
  at("connection").dataset.state = state;
  tell(at("connection-state"), STATES[state]);
}

export class Connection {
  constructor() {
    /** @type {ConnectionState} */
    this.state = "connecting";
    this.changedMs = Date.now();
    this.heardMs = 0;
    this.heartbeatMs = 15_000;
  }

  /** @param {ConnectionState} state */
  set(state) {
    // Each try is a part of the same loss.
    const isStillLost = this.state === "lost" && state === "connecting";
    if (state === this.state || isStillLost) return;
    if (state !== "ended" || this.state !== "lost") this.changedMs = Date.now();
    this.state = state;
    this.tick();
  }

  /** @param {number} [heartbeatS] how often something is heard, if that was just told */
  heard(heartbeatS) {
    this.heardMs = Date.now();
    if (heartbeatS !== undefined) this.heartbeatMs = 1_000 * heartbeatS;
    this.tick();
  }

  tick() {
    const quietMs = Date.now() - this.heardMs;
    const isQuiet = this.state === "live" && quietMs > this.heartbeatMs + SLACK_MS;
    const place = at("connection");
    place.dataset.state = isQuiet ? "quiet" : this.state;
    tell(at("connection-state"), isQuiet ? "Nothing heard" : STATES[this.state]);
    tell(at("heard"), this.state === "live" ? `heard ${durationText(quietMs)} ago` : "");
    const isLost = this.state === "lost";
    at("lost").hidden = !isLost;
    tell(at("lost-told"), isLost ? "No connection: alerts don't reach you. Trying again." : "");
    tell(at("lost-age"), isLost ? ` For ${durationText(Date.now() - this.changedMs)}.` : "");
  }
}
