// Who the person on the list is, why, and what an officer is to do.

import { element, foreign } from "./elements.js";
import { flagsOf } from "./flags.js";

export class SubjectPart {
  constructor() {
    this.name = element("h2", "subject");
    this.name.tabIndex = -1;
    this.category = element("p", "category");
    this.markers = element("ul", "markers");
    this.markers.setAttribute("aria-label", "Warnings");
    this.told = element("div", "told");
    this.head = element("div", "who", this.markers, this.name, this.category);
  }

  /** @param {string} name */
  showName(name) {
    this.name.replaceChildren(foreign(name));
  }

  /** @param {AlertedSubject} subject */
  show(subject) {
    this.category.replaceChildren(...(subject.category ? ["Category: ", foreign(subject.category)] : []));
    this.markers.replaceChildren(...flagsOf(subject).map((text) => element("li", "", foreign(text))));
    this.told.replaceChildren(
      ...part("What to do", subject.instructions),
      ...part("Grounds", subject.grounds),
      ...part("Conditions", subject.conditions),
    );
  }

  /** @param {string} why */
  showFault(why) {
    this.told.replaceChildren(element("p", "fault", `Details can't be shown: ${why}.`));
  }

  /** @param {string} text */
  blank(text) {
    this.name.replaceChildren(text);
    for (const place of [this.category, this.markers, this.told]) place.replaceChildren();
  }
}

/**
 * @param {string} title
 * @param {string} text
 */
function part(title, text) {
  if (!text) return [];
  const words = element("p", "words", text);
  words.dir = "auto";
  return [element("h3", "", title), words];
}
