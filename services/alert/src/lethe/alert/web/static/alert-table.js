// The alerts of a desk: a table with filters.

import { at, tell } from "./elements.js";
import { AlertRows } from "./rows.js";
import { TableRow } from "./table-row.js";
import { isDecided } from "./words.js";

/** @extends {AlertRows<TableRow>} */
export class AlertTable extends AlertRows {
  /**
   * @param {import("./alert-book.js").AlertBook} book
   * @param {string} me
   * @param {{ open: (alertId: string) => void, changed: () => void }} on
   */
  constructor(book, me, on) {
    super(book, (alert, isLate) => {
      return new TableRow(alert, { isLate, me, open: () => on.open(alert.alert_id) });
    });
    this.on = on;
    this.filters = at("filters", HTMLFormElement);
    this.filters.oninput = () => this.show();
    this.filters.onsubmit = (event) => event.preventDefault();
    this.show();
  }

  alerts() {
    return [...this.book.alerts.values()];
  }

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
      row.item.hidden = !fits(alert, wanted);
      if (!row.item.hidden) shown += 1;
    }
    tell(at("open-count"), `${shown} of ${this.rows.size} shown`);
    const empty = at("empty");
    empty.hidden = shown > 0;
    this.on.changed();
    tell(empty, this.emptyText("None fits the filters."));
  }
}

/**
 * @param {AlertView} alert
 * @param {FormData} wanted
 */
function fits(alert, wanted) {
  const [state, deployment] = [wanted.get("state"), wanted.get("deployment")];
  if (deployment && deployment !== alert.deployment_id) return false;
  if (state === "open" && isDecided(alert)) return false;
  if (state && state !== "open" && alert.adjudication?.verdict !== state) return false;
  const words = String(wanted.get("words") ?? "").toLowerCase();
  // Of a closed alert there is no name: nobody is found by it.
  const told = [alert.subject, alert.camera_id, alert.area ?? "", alert.zone ?? ""];
  return told.some((each) => each.toLowerCase().includes(words));
}
