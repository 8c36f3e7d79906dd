// What of the alerts isn't on the page: it says so, and brings earlier ones when somebody asks.

import { MOST } from "./alert-book.js";
import { ask } from "./api.js";
import { at, tell } from "./elements.js";

const AT_ONCE = 200;
const AGAIN_MS = 1_000;
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
    /** In which of the book's turns open ones are asked for. @type {number | null} */
    this.turn = null;
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
    const told = `${shown} of ${this.total} alerts are on this page. ${this.missing()}`;
    tell(at("earlier-told"), isAll ? "" : told + (isFull ? FULL : ""));
    at("earlier").hidden = isAll || isFull;
  }

  missing() {
    return this.book.openFloor ? "Earlier ones may be open still." : "Earlier ones are decided.";
  }

  /** Brings some of those that aren't shown. */
  async read() {
    const place = at("earlier", HTMLButtonElement);
    place.disabled = true;
    const told = await this.bring(`before=${this.book.floor + 1}`, (...all) => this.book.fill(...all));
    place.disabled = false;
    tell(at("earlier-fault"), told ? `Not shown: ${told}.` : "");
  }

  /** Brings all that are open, as far as a page has room: nobody has to ask for those. */
  async readOpen() {
    const { book } = this;
    const { turn } = book;
    if (this.turn === turn) return;
    this.turn = turn;
    while (book.turn === turn && book.openFloor > 0 && book.alerts.size < MOST) {
      const query = `before=${book.openFloor + 1}&open=true`;
      const told = await this.bring(query, (...all) => book.fillOpen(...all));
      if (told) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
    if (this.turn === turn) this.turn = null;
  }

  /**
   * Asks for alerts and shows them, unless all were let go of meanwhile; returns what went wrong.
   * @param {string} query
   * @param {(alerts: AlertView[], isAll: boolean) => AlertView[]} fill
   */
  async bring(query, fill) {
    const { book } = this;
    const { turn } = book;
    const limit = Math.min(AT_ONCE, MOST - book.alerts.size);
    book.asked += 1;
    /** @type {import("./api.js").Answer<{ alerts: AlertView[] }>} */
    const answer = await ask(`/alerts?${query}&limit=${limit}`);
    if (answer.content && book.turn === turn) {
      const { alerts } = answer.content;
      for (const { alert_id: id } of fill(alerts, alerts.length < limit)) this.show(id);
      this.tick();
    }
    book.asked -= 1;
    if (!book.asked) book.meanwhile.clear();
    return answer.told;
  }
}
