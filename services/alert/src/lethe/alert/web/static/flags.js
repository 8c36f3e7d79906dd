// What an officer is to beware of: on the card of an alert as well as beside its pictures.

import { element, foreign } from "./elements.js";

const MOST_ON_A_CARD = 3;

/**
 * @param {Pick<AlertedSubject, "is_child" | "is_vulnerable" | "warning_markers">} subject
 * @returns {string[]}
 */
export function flagsOf({ is_child: isChild, is_vulnerable: isVulnerable, warning_markers: markers }) {
  return [...(isChild ? ["Child"] : []), ...(isVulnerable ? ["Vulnerable"] : []), ...markers];
}

/**
 * Those of an alert for a card: the first few, and how many more there are.
 * @param {AlertView} alert
 */
export function flagMarks(alert) {
  const flags = flagsOf(alert);
  const more = flags.length - MOST_ON_A_CARD;
  return [
    ...flags.slice(0, MOST_ON_A_CARD).map((text) => element("span", "flag", foreign(text))),
    ...(more > 0 ? [element("span", "flag", `and ${more} more`)] : []),
  ];
}
