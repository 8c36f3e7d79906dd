// The list of alerts, newest first.

import { at, tell } from "./elements.js";
import { AlertRow } from "./row.js";
import { AlertRows } from "./rows.js";

/** @extends {AlertRows<AlertRow>} */
export class AlertList extends AlertRows {
  /**
   * @param {import("./alert-book.js").AlertBook} book
   * @param {string} me
   * @param {(alertId: string) => void} open
   */
  constructor(book, me, open) {
    super(book, (alert, isLate) => {
      return new AlertRow(alert, { isLate, me, open: () => open(alert.alert_id) });
    });
    at("closed-too", HTMLInputElement).onchange = () => this.show();
    this.show();
  }

  show() {
    const all = [...this.rows.values()];
    const open = all.filter((row) => row.item.dataset.closed === "false").length;
    const isAll = at("closed-too", HTMLInputElement).checked;
    at("alerts").dataset.closedToo = String(isAll);
    tell(at("open-count"), all.length ? `${open} open of ${all.length}` : "");
    const empty = at("empty");
    empty.hidden = (isAll ? all.length : open) > 0;
    tell(empty, this.emptyText("No open alerts."));
  }
}
