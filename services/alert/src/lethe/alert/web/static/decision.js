// The sheet on which a person decides about an alert.

import { button, element, tell } from "./elements.js";
import { isClosed, OUTCOMES } from "./words.js";

const ERASES = "Its pictures are erased for good, everywhere.";
const ONLY_RECORDED =
  "It is recorded, and nothing is erased by it: somebody is going, and what they find decides.";

/** @typedef {{ verdict: Verdict, confirmed: boolean, outcome: Outcome | null }} Decision */

export class DecisionSheet {
  /**
   * @param {boolean} canConfirm whether who decides may have spoken to the person
   * @param {(decision: Decision) => Promise<string | null>} send returns what went wrong
   */
  constructor(canConfirm, send) {
    this.canConfirm = canConfirm;
    this.send = send;
    this.verdict = choice("Is it the person on the watchlist?", "verdict", {
      true_alert: "Yes: a true alert",
      false_alert: "No: a false alert",
    });
    this.confirmed = choice("Did you speak to the person?", "confirmed", { yes: "Yes", no: "No" });
    this.confirmed.hidden = !canConfirm;
    this.outcome = element("select", "", new Option("Not known yet", ""));
    for (const [name, text] of Object.entries(OUTCOMES)) this.outcome.add(new Option(text, name));
    this.warning = element("p", "warning");
    this.warning.setAttribute("role", "status");
    /** Whether what is decided here stands at once. */
    this.counts = true;
    this.fault = element("p", "fault");
    this.fault.setAttribute("role", "alert");
    this.record = element("button", "first", "Record");
    this.form = element(
      "form",
      "",
      element("h2", "", "Your decision"),
      this.verdict,
      this.confirmed,
      element("label", "outcome", "Outcome ", this.outcome),
      this.warning,
      this.fault,
      element("div", "buttons", button("Back", () => this.close()), this.record),
    );
    this.dialog = element("dialog", "sheet", this.form);
    this.dialog.setAttribute("aria-label", "Your decision");
    // Gone from the page when it is closed, also by the Escape key.
    this.dialog.onclose = () => this.dialog.remove();
    this.form.onchange = () => this.fit();
    this.form.onsubmit = (event) => {
      event.preventDefault();
      this.submit();
    };
  }

  open() {
    this.form.reset();
    this.fault.textContent = "";
    this.fit();
    document.body.append(this.dialog);
    this.dialog.showModal();
  }

  /** @param {AlertView} alert */
  update(alert) {
    if (isClosed(alert)) this.close();
    // An operator's word doesn't count while somebody is going, nor once they have decided.
    this.counts = this.canConfirm || (alert.claim === null && alert.judgements.engagement_officer === null);
    this.fit();
  }

  close() {
    this.dialog.close();
    this.dialog.remove();
  }

  /** Whoever spoke to the person has engaged them. */
  fit() {
    const chosen = new FormData(this.form);
    const isFalse = chosen.get("verdict") === "false_alert";
    tell(this.warning, this.counts ? (isFalse ? ERASES : "") : ONLY_RECORDED);
    this.warning.hidden = this.warning.textContent === "";
    const engaged = chosen.get("confirmed") === "yes";
    for (const option of this.outcome.options) {
      option.disabled = engaged && option.value === "not_engaged";
    }
    if (this.outcome.selectedOptions[0]?.disabled) this.outcome.value = "";
    this.record.disabled =
      !chosen.has("verdict") || (this.canConfirm && !chosen.has("confirmed"));
  }

  async submit() {
    const chosen = new FormData(this.form);
    this.record.disabled = true;
    const failed = await this.send({
      verdict: /** @type {Verdict} */ (chosen.get("verdict")),
      confirmed: chosen.get("confirmed") === "yes",
      outcome: /** @type {Outcome | ""} */ (this.outcome.value) || null,
    });
    if (failed === null) this.close();
    else this.fault.textContent = `Not recorded: ${failed}.`;
    this.fit();
  }
}

/**
 * @param {string} question
 * @param {string} name
 * @param {Record<string, string>} answers
 */
function choice(question, name, answers) {
  const made = Object.entries(answers).map(([value, text]) => {
    const input = element("input", "");
    [input.type, input.name, input.value] = ["radio", name, value];
    return element("label", "tile", input, element("span", "", text));
  });
  const tiles = element("div", "tiles", ...made);
  return element("fieldset", "", element("legend", "", question), tiles);
}
