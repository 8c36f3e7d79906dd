// Which alert is on the screen, and how one comes and goes.

import { at, tell } from "./elements.js";
import { AlertPanel } from "./panel.js";

export class Screen {
  /**
   * @param {import("./alert-book.js").AlertBook} book
   * @param {SignedIn} me
   * @param {object} on
   * @param {(alert: AlertView) => void} on.changed told of an alert as it is now
   * @param {(alertId: string | null) => void} on.opened
   */
  constructor(book, me, on) {
    this.book = book;
    this.me = me;
    this.on = on;
    /** @type {AlertPanel | null} */
    this.panel = null;
    this.waiting = 0;
    /** What was open when all was hidden. @type {string | null} */
    this.away = null;
    at("back").onclick = () => history.back();
    addEventListener("popstate", () => {
      this.away = null;
      this.close();
    });
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.panel && !document.querySelector("dialog[open]")) {
        history.back();
      }
    });
    // After a reload nothing is open.
    if (history.state !== null) history.replaceState(null, "");
  }

  /**
   * Opens a new alert, unless somebody is at another one: nothing changes under their thumb.
   * @param {string} alertId
   */
  arrived(alertId) {
    if (this.panel === null) this.open(alertId, true);
    else {
      this.waiting += 1;
      this.tellWaiting();
    }
  }

  /**
   * @param {string} alertId
   * @param {boolean} [byItself]
   */
  open(alertId, byItself = false) {
    const alert = this.book.alerts.get(alertId);
    if (!alert) return;
    if (this.panel) this.panel.close();
    else if (!history.state?.isOpen) history.pushState({ isOpen: true }, "");
    this.panel = new AlertPanel(alert, {
      me: this.me,
      changed: this.on.changed,
      isLate: this.book.late.has(alertId),
      settles: byItself,
    });
    this.waiting = 0;
    this.tellWaiting();
    at("panel-when").replaceChildren(this.panel.when);
    at("panel-parts").replaceChildren(...this.panel.parts);
    at("panel").hidden = false;
    document.body.dataset.open = "true";
    this.on.opened(alertId);
    this.panel.subject.name.focus({ preventScroll: true });
    at("panel").scrollTop = 0;
  }

  /** @param {AlertView} alert */
  update(alert) {
    if (this.panel?.alert.alert_id === alert.alert_id) this.panel.update(alert);
  }

  /** @param {string} alertId */
  drop(alertId) {
    if (this.panel?.alert.alert_id === alertId) history.back();
  }

  close() {
    if (!this.panel) return;
    this.panel.close();
    this.panel = null;
    at("panel-parts").replaceChildren();
    at("panel").hidden = true;
    delete document.body.dataset.open;
    this.on.opened(null);
  }

  /** Closes the alert for as long as nothing is shown. */
  hide() {
    const id = this.panel?.alert.alert_id;
    this.close();
    if (id !== undefined) this.away = id;
  }

  /** Opens it again, as soon as it is there. */
  show() {
    const { away } = this;
    if (away === null || !this.book.alerts.has(away)) return;
    this.away = null;
    if (!this.panel) this.open(away, true);
  }

  tellWaiting() {
    tell(at("waiting"), this.waiting ? `${this.waiting} new` : "");
  }

  tick() {
    this.panel?.tick();
  }
}
