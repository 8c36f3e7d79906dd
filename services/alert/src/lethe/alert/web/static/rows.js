// The alerts of a page, newest first, each in a row of its own: what a list and a table share.

import { at } from "./elements.js";

/**
 * @typedef {object} Row
 * @property {HTMLElement} item
 * @property {HTMLButtonElement} open the button that opens the alert
 * @property {(alert: AlertView) => void} update
 * @property {(isOpen: boolean) => void} mark
 * @property {() => void} tick
 */

/** @template {Row} Kind */
export class AlertRows {
  /**
   * @param {import("./alert-book.js").AlertBook} book
   * @param {(alert: AlertView, isLate: boolean) => Kind} make
   */
  constructor(book, make) {
    this.book = book;
    this.make = make;
    /** @type {Map<string, Kind>} */
    this.rows = new Map();
    /** @type {string | null} */
    this.marked = null;
  }

  /** @param {string} alertId */
  add(alertId) {
    const alert = this.book.alerts.get(alertId);
    if (!alert) return;
    const row = this.make(alert, this.book.late.has(alertId));
    this.rows.set(alertId, row);
    at("alerts").prepend(row.item);
    this.show();
  }

  /**
   * Puts an alert from before in its place: above the next older one.
   * @param {string} alertId
   */
  insert(alertId) {
    const alert = this.book.alerts.get(alertId);
    if (!alert) return;
    const ids = [...this.book.alerts.keys()];
    const older = ids.slice(0, ids.indexOf(alertId)).findLast((id) => this.rows.has(id));
    const row = this.make(alert, this.book.late.has(alertId));
    const below = older === undefined ? undefined : this.rows.get(older);
    if (below) below.item.before(row.item);
    else at("alerts").append(row.item);
    this.rows.set(alertId, row);
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
   * Marks the alert that is on the screen; whoever closes one goes on at its place.
   * @param {string | null} alertId
   */
  mark(alertId) {
    const before = this.marked === null ? undefined : this.rows.get(this.marked);
    before?.mark(false);
    if (alertId !== null) this.rows.get(alertId)?.mark(true);
    else if (before?.open.checkVisibility()) before.open.focus();
    else at("alerts").focus();
    this.marked = alertId;
  }

  tick() {
    for (const row of this.rows.values()) row.tick();
  }

  /**
   * Why nothing is shown.
   * @param {string} unfit what to say where there are alerts, but none that is wanted
   */
  emptyText(unfit) {
    if (this.book.isHidden) return "Hidden until this page is connected again.";
    return this.rows.size ? unfit : "No alerts so far. They appear here by themselves.";
  }

  /** Shows the rows that are wanted, and says how many. */
  show() {}
}
