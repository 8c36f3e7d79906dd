// Orders and figures, from what the service tells.

import { timeText } from "./clock.js";
import { at, button, element, foreign } from "./elements.js";
import { askToEnd } from "./ending.js";
import { alertTally } from "./figures.js";
import { OrderDetails } from "./order-details.js";

/** @type {string | undefined} */
let shown;
/** Kept while a row is made anew: what somebody has opened stays open. @type {Map<string, OrderDetails>} */
const details = new Map();

/** @param {import("./status.js").StatusAnswer} told */
export function showFigures(told) {
  const live = told.cameras.filter((camera) => camera.state === "live").length;
  const tally = alertTally();
  at("figures").replaceChildren(
    figure("Open alerts", tally?.open ?? "not known"),
    figure("True alerts", tally?.true ?? "not known"),
    figure("False alerts", tally?.false ?? "not known"),
    figure("Alerts in all", told.alerts.count),
    figure("Waiting", told.alerts.waiting ?? "not known"),
    figure("Cameras live", `${live} of ${told.cameras.length}`),
    figure("Pages open", told.clients),
  );
}

/**
 * @param {string} term
 * @param {number | string} value
 */
function figure(term, value) {
  return element("div", "", element("dt", "", term), element("dd", "", String(value)));
}

/**
 * @param {import("./status.js").StatusAnswer} status
 * @param {((deploymentId: string) => void) | null} walk opens a walk-through, for whom that is
 */
export function showDeployments({ deployments, consoles }, walk) {
  const said = new Map(consoles.map((each) => [each.deployment_id, consolesText(each)]));
  const told = JSON.stringify(
    deployments.map((each) => [
      each,
      timeText(endOf(each)),
      alertTally(each.deployment_id),
      said.get(each.deployment_id),
    ]),
  );
  // Only when something has changed: whoever is about to press a button keeps it.
  if (told === shown) return;
  shown = told;
  const place = at("deployments");
  const focused = document.activeElement;
  place.replaceChildren(...deployments.map((each) => row(each, said.get(each.deployment_id) ?? "", walk)));
  if (focused instanceof HTMLElement && place.contains(focused)) focused.focus();
}

/** @param {string} deploymentId */
function detailsOf(deploymentId) {
  const known = details.get(deploymentId) ?? new OrderDetails(deploymentId);
  details.set(deploymentId, known);
  return known.place;
}

/** @param {DeploymentStatus} deployment */
function endButton({ deployment_id: id, status }) {
  if (status === "ended" || status === "over") return [];
  const made = button("End", () => askToEnd(id));
  made.setAttribute("aria-label", `End ${id}`);
  return [made];
}

/**
 * @param {DeploymentStatus} deployment
 * @param {((deploymentId: string) => void) | null} walk
 */
function walkButton({ deployment_id: id, status }, walk) {
  if (!walk || status !== "running") return [];
  const made = button("Walk-through", () => walk(id));
  made.setAttribute("aria-label", `Walk-through of ${id}`);
  return [made];
}

/** @param {DeploymentStatus} deployment */
function endOf({ ends_at_us: us }) {
  return new Date(us / 1000).toISOString();
}

/** @param {Consoles} told */
function consolesText({ connected, up_to_date: upToDate }) {
  return connected ? `${connected} connected, ${upToDate} up to date` : "none connected";
}

/**
 * @param {DeploymentStatus} deployment
 * @param {string} consoles
 * @param {((deploymentId: string) => void) | null} walk
 */
function row(deployment, consoles, walk) {
  const tally = alertTally(deployment.deployment_id);
  const state = deployment.suspended
    ? `Suspended: ${deployment.suspended.reason}`
    : deployment.status;
  return element(
    "tr",
    "",
    element("td", "", foreign(deployment.deployment_id), ` (${deployment.order_type})`, detailsOf(deployment.deployment_id)),
    element("td", "", state),
    element("td", "", element("time", "", timeText(endOf(deployment)))),
    element("td", "", foreign(deployment.watchlist_id), ` (${deployment.watchlist_size})`),
    element("td", "", deployment.threshold.toFixed(2)),
    element("td", "", tally ? `${tally.false} of ${tally.false + tally.true}` : ""),
    element("td", "", consoles),
    element("td", "", ...walkButton(deployment, walk), " ", ...endButton(deployment)),
  );
}
