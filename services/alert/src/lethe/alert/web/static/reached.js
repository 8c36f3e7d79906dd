// Up to which alert this tab has been told. A number and its log's name, kept as long as the tab is:
// after a reload, or when somebody signs in again, what came in between is known to come late.

const KEPT = "lethe-reached";

/** Where a page can't know what was missed, nothing was. */
export const NOT_KNOWN = Infinity;

/**
 * The highest sequence that this tab was told of a log.
 * @param {string} log
 * @returns {number}
 */
export function reached(log) {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");
  return kept.log === log ? kept.sequence : NOT_KNOWN;
}

/**
 * @param {string} log
 * @param {number} sequence
 */
export function keepReached(log, sequence) {
  const before = reached(log);
  if (before !== NOT_KNOWN && before >= sequence) return;
  sessionStorage.setItem(KEPT, JSON.stringify({ log, sequence }));
}
