// What an officer can do about the alert on the screen, within reach of a thumb.

import { ask, ofAlert } from "./api.js";
import { DecisionSheet } from "./decision.js";
import { button, element } from "./elements.js";
import { isClosed } from "./words.js";

/**
 * @typedef {object} Page
 * @property {SignedIn} me
 * @property {(alert: AlertView) => void} changed told of the alert as it is now
 * @property {boolean} settles buttons wait a moment: the screen changed by itself under a thumb
 */

const SETTLE_MS = 700;

export class Actions {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.isOfficer = page.me.roles.includes("engagement-officer");
    this.fault = element("p", "fault");
    this.fault.setAttribute("role", "alert");
    this.buttons = element("div", "buttons");
    this.bar = element("div", "actions", this.fault, this.buttons);
    this.sheet = new DecisionSheet(this.isOfficer, (body) => this.send("/adjudications", body));
    if (page.settles) {
      this.bar.inert = true;
      setTimeout(() => (this.bar.inert = false), SETTLE_MS);
    }
  }

  /** @param {AlertView} alert */
  update(alert) {
    this.alert = alert;
    this.sheet.update(alert);
    const offered = this.offer(this.offered(alert));
    this.bar.hidden = offered.length === 0 && !this.fault.textContent;
  }

  /**
   * A button that stays is left alone: somebody may be at it, by keyboard or with a thumb.
   * @param {[string, () => void][]} steps
   */
  offer(steps) {
    const { buttons } = this;
    const before = new Map([...buttons.querySelectorAll("button")].map((one) => [one.textContent, one]));
    const offered = steps.map(([text, act]) => before.get(text) ?? button(text, act));
    const hadFocus = buttons.contains(document.activeElement);
    for (const one of before.values()) if (!offered.includes(one)) one.remove();
    offered.forEach((one, place) => {
      if (buttons.children[place] !== one) buttons.insertBefore(one, buttons.children[place] ?? null);
      one.classList.toggle("first", place === offered.length - 1);
    });
    // What had the focus may be gone; a keyboard goes on from the next step.
    if (hadFocus && !buttons.contains(document.activeElement)) offered.at(-1)?.focus();
    return offered;
  }

  /**
   * The most likely next step comes last, nearest to the thumb.
   * @param {AlertView} alert
   * @returns {[string, () => void][]}
   */
  offered(alert) {
    if (isClosed(alert)) return [];
    const isFinal = alert.judgements.engagement_officer !== null;
    if (isFinal && !this.isOfficer) return [];
    const decide = () => this.sheet.open();
    if (isFinal) return [["Change the decision", decide]];
    /** @type {[string, () => void][]} */
    const offered = [["Decide", decide]];
    if (this.mayHandBack(alert)) offered.unshift(["Hand back", () => this.send("/claim", undefined, "DELETE")]);
    const going = this.going(alert);
    if (going) offered.push(going);
    if (!alert.acknowledged) offered.push(["Acknowledge", () => this.send("/acknowledgement")]);
    return offered;
  }

  /**
   * @param {AlertView} alert
   * @returns {[string, () => void] | null}
   */
  going(alert) {
    if (!this.isOfficer || alert.claim?.officer === this.page.me.name) return null;
    return [alert.claim ? "Take over" : "I'm going", () => this.send("/claim")];
  }

  /**
   * What an operator takes for false would be erased by it: that is a decision.
   * @param {AlertView} alert
   */
  mayHandBack({ claim, judgements }) {
    return claim?.officer === this.page.me.name && judgements.operator?.verdict !== "false_alert";
  }

  /**
   * Sends something about the alert as it was on the screen; returns what went wrong.
   * @param {string} path
   * @param {object} [body]
   * @param {string} [method]
   * @returns {Promise<string | null>}
   */
  async send(path, body, method = "POST") {
    const { alert } = this;
    if (!alert) return null;
    const isVersioned = path !== "/acknowledgement";
    const version = isVersioned ? alert.version : undefined;
    this.fault.textContent = "";
    /** @type {import("./api.js").Answer<AlertView>} */
    const answer = await ask(ofAlert(alert.alert_id, path), { method, body, version });
    if (answer.content) this.page.changed(answer.content);
    else this.fault.textContent = `Not recorded: ${answer.told}.`;
    if (answer.status === 409 || answer.status === 412) await this.look(alert.alert_id);
    if (answer.told) this.bar.hidden = false;
    return answer.told;
  }

  /** @param {string} alertId */
  async look(alertId) {
    /** @type {import("./api.js").Answer<AlertView>} */
    const answer = await ask(ofAlert(alertId));
    if (answer.content) this.page.changed(answer.content);
  }

  close() {
    this.sheet.close();
  }
}
