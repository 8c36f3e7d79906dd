// When a page stops showing whom its alerts are about: an erasure that it didn't hear of mustn't
// leave a face on it for as long as the connection is away (ADR 0086).

import { at, tell } from "./elements.js";

const LONGEST_MS = 120_000;
const TOLD = "Not connected for 2 minutes: hidden until connected again.";

export class Hiding {
  /**
   * @param {object} on
   * @param {() => void} on.hide lets go of whatever names anybody
   * @param {() => void} on.show all that is shown is as it is now
   * @param {() => void} on.leave the page is left, and may be kept by the browser
   */
  constructor(on) {
    this.on = on;
    /** When anything was heard; null while there is nothing to hide. @type {number[] | null} */
    this.heardMs = null;
    addEventListener("pagehide", () => this.on.leave());
    // Whoever comes back to a page that slept sees nothing before it has looked at the time.
    for (const wakes of ["visibilitychange", "resume"]) document.addEventListener(wakes, () => this.tick());
  }

  heard() {
    this.heardMs = clocksMs();
  }

  confirmed() {
    if (at("unshown").hidden) return;
    at("unshown").hidden = true;
    tell(at("unshown"), "");
    this.on.show();
  }

  /** Nothing is shown any more, and nothing will be. */
  end() {
    this.heardMs = null;
    at("unshown").hidden = true;
  }

  tick() {
    const { heardMs } = this;
    if (heardMs === null || !clocksMs().some((now, which) => now - (heardMs[which] ?? now) >= LONGEST_MS)) return;
    this.heardMs = null;
    tell(at("unshown"), TOLD);
    at("unshown").hidden = false;
    document.dispatchEvent(new Event("lethe-hidden"));
    this.on.hide();
  }
}

/** One clock may be set back, the other stand still while the machine sleeps. */
function clocksMs() {
  return [Date.now(), performance.now()];
}
