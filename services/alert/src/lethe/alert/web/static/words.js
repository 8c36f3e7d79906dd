// What the service's words are to people.

import { foreign } from "./elements.js";

/** @type {Record<Verdict, string>} */
export const VERDICTS = { true_alert: "True alert", false_alert: "False alert" };

/** @type {Record<Outcome, string>} */
export const OUTCOMES = {
  arrest: "arrest",
  other_disposal: "other disposal",
  no_action: "no action",
  not_engaged: "not engaged",
};

/** @type {Record<Heading, string>} Left and right are the picture's: who watches the camera sees them so. */
export const HEADINGS = {
  standing: "standing still",
  left: "to the left of the picture",
  right: "to the right of the picture",
  towards: "towards the camera",
  towards_left: "towards the camera, to the left of the picture",
  towards_right: "towards the camera, to the right of the picture",
  away: "away from the camera",
  away_left: "away from the camera, to the left of the picture",
  away_right: "away from the camera, to the right of the picture",
};

/** @param {AdjudicationView} made */
export function judgementText(made) {
  const basis = made.confirmed ? "confirmed after an engagement" : "unconfirmed";
  const outcome = made.outcome ? `, ${OUTCOMES[made.outcome]}` : "";
  return `${VERDICTS[made.verdict]}, ${basis}${outcome}`;
}

/**
 * How far an alert has come, in a few words.
 * @param {AlertView} alert
 * @param {string} me
 */
export function stateText(alert, me) {
  const said = progressText(alert, me);
  return alert.rehearsal ? `Rehearsal: ${said}` : said;
}

/**
 * @param {AlertView} alert
 * @param {string} me
 */
function progressText(alert, me) {
  if (alert.adjudication) return VERDICTS[alert.adjudication.verdict];
  if (alert.withdrawn) return "Withdrawn";
  if (alert.claim) return alert.claim.officer === me ? "You are going" : "An officer is going";
  return alert.acknowledged ? "Seen" : "New";
}

/**
 * Whether anybody has decided about it, or nobody can any more.
 * @param {AlertView} alert
 */
export function isDecided(alert) {
  return alert.erased || alert.adjudication !== null;
}

/**
 * Whether nobody is shown any more whom it was about: erased, or false and about to be.
 * @param {AlertView} alert
 */
export function isClosed(alert) {
  return alert.erased || isFalse(alert);
}

/**
 * Whom it is about, as long as anybody is shown that.
 * @param {AlertView} alert
 */
export function subjectOf(alert) {
  const kind = alert.rehearsal ? "rehearsal" : "alert";
  if (isClosed(alert)) return alert.erased ? `Erased ${kind}` : `False ${kind}`;
  return foreign(alert.subject);
}

/**
 * Whether whom an alert named is known by id only now: the watchlist was erased.
 * @param {AlertView} before
 * @param {AlertView} now
 */
export function losesName(before, now) {
  return before.subject !== now.subject && now.subject === now.subject_id;
}

/** @param {AlertView} alert */
export function isFalse(alert) {
  return alert.adjudication?.verdict === "false_alert";
}
