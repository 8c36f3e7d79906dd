// The alerts of a desk: a table with filters.

import { timeText } from "./clock.js";
import { at, button, element, foreign, tell } from "./elements.js";
import { isClosed, judgementText, stateText } from "./words.js";

export class AlertTable {
  /**
   * @param {import("./alert-book.js").AlertBook} book
   * @param {string} me
   * @param {{ open: (alertId: string) => void, changed: () => void }} on
   */
  constructor(book, me, on) {
    this.book = book;
    this.me = me;
    this.on = on;
    /** @type {Map<string, HTMLTableRowElement>} */
    this.rows = new Map();
    /** @type {string | null} */
    this.marked = null;
    this.filters = at("filters", HTMLFormElement);
    this.filters.oninput = () => this.show();
    this.filters.onsubmit = (event) => event.preventDefault();
    this.show();
  }

  alerts() {
    return [...this.book.alerts.values()];
  }

  /** @param {string} alertId */
  add(alertId) {
    const row = element("tr", "");
    this.rows.set(alertId, row);
    at("alerts").prepend(row);
    this.update(alertId);
  }

  /** @param {string} alertId */
  update(alertId) {
    const alert = this.book.alerts.get(alertId);
    const row = this.rows.get(alertId);
    if (!alert || !row) return;
    const hadFocus = row.contains(document.activeElement);
    row.replaceChildren(...this.cells(alert));
    if (hadFocus) row.querySelector("button")?.focus();
    row.dataset.open = String(!isClosed(alert));
    this.show();
  }

  /** @param {AlertView} alert */
  cells(alert) {
    const name = button("", () => this.on.open(alert.alert_id));
    name.replaceChildren(alert.erased ? "Erased alert" : foreign(alert.subject));
    const late = this.book.late.has(alert.alert_id) ? [" ", element("span", "late", "Late")] : [];
    const made = alert.adjudication;
    const state = made ? judgementText(made) : stateText(alert, this.me);
    const by = made?.officer ?? alert.claim?.officer ?? alert.acknowledged?.officer ?? "";
    return [
      element("td", "", element("time", "", timeText(alert.captured_at))),
      element("td", "", name, ...late),
      element("td", "", foreign(alert.camera_id)),
      element("td", "", foreign(alert.area ?? "")),
      element("td", "", alert.erased ? "" : alert.score.toFixed(2)),
      element("td", "state", state),
      element("td", "", foreign(by)),
    ];
  }

  /** @param {string} alertId */
  remove(alertId) {
    this.rows.get(alertId)?.remove();
    this.rows.delete(alertId);
  }

  clear() {
    this.rows.clear();
    at("alerts").replaceChildren();
    this.show();
  }

  /** @param {string | null} alertId */
  mark(alertId) {
    const before = this.marked === null ? undefined : this.rows.get(this.marked);
    before?.removeAttribute("aria-current");
    if (alertId !== null) this.rows.get(alertId)?.setAttribute("aria-current", "true");
    else (before?.querySelector("button") ?? at("alerts")).focus();
    this.marked = alertId;
  }

  tick() {}

  /**
   * Offers deployments to filter by.
   * @param {string[]} ids
   */
  offer(ids) {
    const select = this.filters.elements.namedItem("deployment");
    if (!(select instanceof HTMLSelectElement)) return;
    const known = new Set([...select.options].map((option) => option.value));
    for (const id of ids) if (!known.has(id)) select.add(new Option(id, id));
  }

  show() {
    const wanted = new FormData(this.filters);
    let shown = 0;
    for (const alert of this.alerts()) {
      const row = this.rows.get(alert.alert_id);
      if (!row) continue;
      row.hidden = !fits(alert, wanted);
      if (!row.hidden) shown += 1;
    }
    tell(at("open-count"), `${shown} of ${this.rows.size} shown`);
    const empty = at("empty");
    empty.hidden = shown > 0;
    this.on.changed();
    tell(empty, this.rows.size ? "None fits the filters." : "No alerts so far. They appear here by themselves.");
  }
}

/**
 * @param {AlertView} alert
 * @param {FormData} wanted
 */
function fits(alert, wanted) {
  const [state, deployment] = [wanted.get("state"), wanted.get("deployment")];
  if (deployment && deployment !== alert.deployment_id) return false;
  if (state === "open" && isClosed(alert)) return false;
  if (state && state !== "open" && alert.adjudication?.verdict !== state) return false;
  const words = String(wanted.get("words") ?? "").toLowerCase();
  // Whoever is erased isn't found by their name.
  const told = [alert.erased ? "" : alert.subject, alert.camera_id, alert.area ?? ""];
  return told.some((each) => each.toLowerCase().includes(words));
}
