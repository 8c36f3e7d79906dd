// Up to which alert this tab has told somebody. A number, its log's name and whose it is, kept as long
// as the tab is and they are signed in: after a reload, or when their token ended and they sign in
// again, what came in between is known to come late. To whoever comes next it says nothing.

const KEPT = "lethe-reached";

/** Where a page can't know what was missed, nothing was. */
export const NOT_KNOWN = Infinity;

/**
 * The highest sequence of a log that this tab has told somebody.
 * @param {string} log
 * @param {string} who
 * @returns {number}
 */
export function reached(log, who) {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
  return kept.log === log && kept.who === who ? kept.sequence : NOT_KNOWN;
}

/**
 * @param {string} log
 * @param {string} who
 * @param {number} sequence
 */
export function keepReached(log, who, sequence) {
  const before = reached(log, who);
  if (before !== NOT_KNOWN && before >= sequence) return;
  sessionStorage.setItem(KEPT, JSON.stringify({ log, who, sequence }));
}

/** Whoever signs out leaves nothing in the tab. */
export function forgetReached() {
  sessionStorage.removeItem(KEPT);
}
