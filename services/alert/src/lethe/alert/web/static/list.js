// The list of alerts, newest first.

import { at, tell } from "./elements.js";
import { AlertRow } from "./row.js";

export class AlertList {
  /**
   * @param {import("./alert-book.js").AlertBook} book
   * @param {string} me
   * @param {(alertId: string) => void} open
   */
  constructor(book, me, open) {
    this.book = book;
    this.me = me;
    this.open = open;
    /** @type {Map<string, AlertRow>} */
    this.rows = new Map();
    /** @type {string | null} */
    this.marked = null;
    at("closed-too", HTMLInputElement).onchange = () => this.show();
    this.show();
  }

  /** @param {string} alertId */
  add(alertId) {
    const alert = this.book.alerts.get(alertId);
    if (!alert) return;
    const isLate = this.book.late.has(alertId);
    const row = new AlertRow(alert, { isLate, me: this.me, open: () => this.open(alertId) });
    this.rows.set(alertId, row);
    at("alerts").prepend(row.item);
    this.show();
  }

  /** @param {string} alertId */
  update(alertId) {
    const alert = this.book.alerts.get(alertId);
    if (alert) this.rows.get(alertId)?.update(alert);
    this.show();
  }

  /** @param {string} alertId */
  remove(alertId) {
    this.rows.get(alertId)?.item.remove();
    this.rows.delete(alertId);
  }

  clear() {
    this.rows.clear();
    at("alerts").replaceChildren();
    this.show();
  }

  /**
   * Marks the alert that is on the screen; whoever closes one goes on at its place in the list.
   * @param {string | null} alertId
   */
  mark(alertId) {
    const before = this.marked === null ? undefined : this.rows.get(this.marked);
    before?.mark(false);
    if (alertId !== null) this.rows.get(alertId)?.mark(true);
    else if (before && before.open.checkVisibility()) before.open.focus();
    else at("alerts").focus();
    this.marked = alertId;
  }

  tick() {
    for (const row of this.rows.values()) row.tick();
  }

  show() {
    const all = [...this.rows.values()];
    const open = all.filter((row) => row.item.dataset.closed === "false").length;
    const isAll = at("closed-too", HTMLInputElement).checked;
    at("alerts").dataset.closedToo = String(isAll);
    tell(at("open-count"), all.length ? `${open} open of ${all.length}` : "");
    const empty = at("empty");
    empty.hidden = (isAll ? all.length : open) > 0;
    tell(
      empty,
      all.length ? "No open alerts." : "No alerts so far. They appear here by themselves.",
    );
  }
}
