// One alert in the list.

import { ageText } from "./clock.js";
import { element, foreign, tell } from "./elements.js";
import { flagMarks } from "./flags.js";
import { isDecided, stateText, subjectOf } from "./words.js";

export class AlertRow {
  /**
   * @param {AlertView} alert
   * @param {{ isLate: boolean, me: string, open: () => void }} page
   */
  constructor(alert, { isLate, me, open }) {
    this.me = me;
    this.subject = element("span", "subject");
    this.age = element("span", "age");
    this.state = element("span", "state");
    this.place = element("span", "where");
    this.flags = element("span", "flags");
    this.late = element("span", "late", "Late");
    this.late.hidden = !isLate;
    this.open = element(
      "button",
      "row",
      element("span", "row-top", this.subject, this.age),
      this.flags,
      element("span", "row-below", this.place, this.late, this.state),
    );
    this.open.type = "button";
    this.open.onclick = open;
    this.item = element("li", "", this.open);
    this.alert = alert;
    this.update(alert);
  }

  /** @param {AlertView} alert */
  update(alert) {
    this.alert = alert;
    this.subject.replaceChildren(subjectOf(alert));
    this.flags.replaceChildren(...flagMarks(alert));
    this.place.replaceChildren(foreign(alert.camera_id));
    tell(this.state, stateText(alert, this.me));
    this.item.dataset.state = alert.state;
    this.item.dataset.closed = String(isDecided(alert));
    this.tick();
  }

  tick() {
    tell(this.age, ageText(this.alert.captured_at));
  }

  /** @param {boolean} isOpen */
  mark(isOpen) {
    if (isOpen) this.open.setAttribute("aria-current", "true");
    else this.open.removeAttribute("aria-current");
  }
}
