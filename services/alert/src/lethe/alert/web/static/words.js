// What the service's words are to people.

/** @type {Record<Verdict, string>} */
export const VERDICTS = { true_alert: "True alert", false_alert: "False alert" };

/** @type {Record<Outcome, string>} */
export const OUTCOMES = {
  arrest: "arrest",
  other_disposal: "other disposal",
  no_action: "no action",
  not_engaged: "not engaged",
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
  if (alert.adjudication) return VERDICTS[alert.adjudication.verdict];
  if (alert.claim) return alert.claim.officer === me ? "You are going" : "An officer is going";
  return alert.acknowledged ? "Seen" : "New";
}

/** @param {AlertView} alert */
export function isClosed(alert) {
  return alert.erased || alert.adjudication !== null;
}

/** @param {AlertView} alert */
export function isFalse(alert) {
  return alert.adjudication?.verdict === "false_alert";
}
