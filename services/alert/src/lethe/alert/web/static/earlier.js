// What of the alerts isn't on the page: it says so, and brings earlier ones when somebody asks.

import { MOST } from "./alert-book.js";
import { ask } from "./api.js";
import { at, tell } from "./elements.js";

const AT_ONCE = 200;
const FULL = " A page shows no more than these: take filters, or ask the API.";

export class Earlier {
  /**
   * @param {import("./alert-book.js").AlertBook} book
   * @param {(alertId: string) => void} show puts one in its place among the others
   */
  constructor(book, show) {
    this.book = book;
    this.show = show;
    /** How many alerts there are within somebody's limits. */
    this.total = 0;
    at("earlier").onclick = () => this.read();
  }

  /** @param {number} total */
  count(total) {
    this.total = total;
    this.tick();
  }

  tick() {
    const shown = this.book.alerts.size;
    const isAll = this.book.floor === 0 || this.total <= shown;
    const isFull = shown >= MOST;
    const told = `${shown} of ${this.total} alerts are on this page. Earlier ones may be open still.`;
    tell(at("earlier-told"), isAll ? "" : told + (isFull ? FULL : ""));
    at("earlier").hidden = isAll || isFull;
  }

  async read() {
    const place = at("earlier", HTMLButtonElement);
    place.disabled = true;
    const limit = Math.min(AT_ONCE, MOST - this.book.alerts.size);
    /** @type {import("./api.js").Answer<{ alerts: AlertView[] }>} */
    const answer = await ask(`/alerts?before=${this.book.floor + 1}&limit=${limit}`);
    place.disabled = false;
    tell(at("earlier-fault"), answer.told ? `Not shown: ${answer.told}.` : "");
    if (!answer.content || this.book.isHidden) return;
    const { alerts } = answer.content;
    for (const { alert_id: id } of this.book.fill(alerts, alerts.length < limit)) this.show(id);
    this.tick();
  }
}
