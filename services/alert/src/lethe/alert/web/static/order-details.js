// What a deployment was ordered for and by whom: read when somebody opens it.

import { ask } from "./api.js";
import { timeText } from "./clock.js";
import { element } from "./elements.js";

export class OrderDetails {
  /** @param {string} deploymentId */
  constructor(deploymentId) {
    this.path = `/deployments/${encodeURIComponent(deploymentId)}/ordered`;
    const summary = element("summary", "", "What was ordered");
    summary.setAttribute("aria-label", `What was ordered in ${deploymentId}`);
    this.told = element("dl", "");
    this.fault = element("p", "fault");
    this.fault.setAttribute("role", "alert");
    this.place = element("details", "ordered", summary, this.told, this.fault);
    this.place.addEventListener("toggle", () => {
      if (this.place.open) this.read();
    });
  }

  async read() {
    /** @type {import("./api.js").Answer<OrderedView>} */
    const answer = await ask(this.path);
    this.fault.textContent = answer.told ? `Not shown: ${answer.told}.` : "";
    if (answer.content) this.told.replaceChildren(...factsOf(answer.content));
  }
}

/** @param {OrderedView} order */
function factsOf(order) {
  return [
    ...fact("Grounds", order.grounds),
    ...fact("Use case", order.use_case),
    ...fact("Zone", order.zone ?? "not named"),
    ...fact("Drafted by", order.drafted_by ?? "nobody: a local order has no draft"),
    ...fact("Authorised by", order.authorised_by),
    ...fact("Starts", timeText(order.starts_at)),
    ...fact("False alerts", budgetText(order.false_alert_budget)),
  ];
}

/** @param {number | null} budget */
function budgetText(budget) {
  return budget === null ? "no budget" : `${budget} at most; one more suspends it`;
}

/**
 * @param {string} term
 * @param {string} text
 */
function fact(term, text) {
  const said = element("dd", "words", text);
  said.dir = "auto";
  return [element("dt", "", term), said];
}
