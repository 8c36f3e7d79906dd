// One alert in the table of a desk.

import { timeText } from "./clock.js";
import { button, element, foreign } from "./elements.js";
import { flagMarks } from "./flags.js";
import { isDecided, judgementText, stateText, subjectOf } from "./words.js";

export class TableRow {
  /**
   * @param {AlertView} alert
   * @param {{ isLate: boolean, me: string, open: () => void }} page
   */
  constructor(alert, { isLate, me, open }) {
    this.me = me;
    this.isLate = isLate;
    this.open = button("", open);
    this.item = element("tr", "");
    this.update(alert);
  }

  /** @param {AlertView} alert */
  update(alert) {
    const hadFocus = this.open === document.activeElement;
    this.open.replaceChildren(subjectOf(alert));
    this.item.replaceChildren(...this.cells(alert));
    if (hadFocus) this.open.focus();
    this.item.dataset.open = String(!isDecided(alert));
  }

  /** @param {AlertView} alert */
  cells(alert) {
    const late = this.isLate ? [" ", element("span", "late", "Late")] : [];
    const made = alert.adjudication;
    const state = made && !alert.rehearsal ? judgementText(made) : stateText(alert, this.me);
    const by = made?.officer ?? alert.claim?.officer ?? alert.acknowledged?.officer ?? "";
    return [
      element("td", "", element("time", "", timeText(alert.captured_at))),
      element("td", "", this.open, ...late, element("span", "flags", ...flagMarks(alert))),
      element("td", "", foreign(alert.camera_id)),
      element("td", "", foreign(alert.zone ?? alert.area ?? "")),
      element("td", "", alert.score?.toFixed(2) ?? ""),
      element("td", "state", state),
      element("td", "", foreign(by)),
    ];
  }

  /** @param {boolean} isOpen */
  mark(isOpen) {
    if (isOpen) this.item.setAttribute("aria-current", "true");
    else this.item.removeAttribute("aria-current");
  }

  tick() {}
}
