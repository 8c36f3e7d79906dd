// Every deployment in figures: faces, alerts, erasure ages, frames that expired, cameras.

import { ask } from "./api.js";
import { nowMs, timeText } from "./clock.js";
import { at, element, foreign, tell } from "./elements.js";

const EVERY_MS = 5_000;
const SOON_MS = 1_200;
const OLD_MS = 30_000;

/** @type {FiguresView | null} */
let latest = null;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let next;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let soon;

/**
 * Asks again and again.
 * @param {() => void} told told when there are new ones
 */
export async function watchFigures(told) {
  await read();
  told();
  clearTimeout(next);
  next = setTimeout(() => watchFigures(told), EVERY_MS);
}

/**
 * Asks sooner, since something happened to an alert. The service counts once a second.
 * @param {() => void} told
 */
export function refreshFigures(told) {
  soon ??= setTimeout(() => {
    soon = undefined;
    watchFigures(told);
  }, SOON_MS);
}

async function read() {
  /** @type {import("./api.js").Answer<FiguresView>} */
  const answer = await ask("/figures");
  if (answer.content) show((latest = answer.content));
  tell(at("figures-fault"), answer.told ? `Not as they are now: ${answer.told}.` : "");
}

/** @param {FiguresView} told */
function show({ deployments, window_s: seconds }) {
  at("by-deployment").replaceChildren(...deployments.map(row));
  tell(at("figures-window"), `Frames and ages are those of the last ${seconds / 60} minutes of receipts.`);
}

/**
 * How many alerts there are, by what became of them; null while that isn't known.
 * @param {string} [deploymentId] of one deployment, or of all
 */
export function alertTally(deploymentId) {
  if (!latest) return null;
  const sum = { open: 0, true: 0, false: 0 };
  for (const { deployment_id: id, alerts } of latest.deployments) {
    if (deploymentId !== undefined && deploymentId !== id) continue;
    sum.open += alerts.open;
    sum.true += alerts.true;
    sum.false += alerts.false;
  }
  return sum;
}

/** @param {DeploymentFigures} told */
function row(told) {
  const { alerts, captured, expired } = told;
  const name = element("th", "", foreign(told.deployment_id));
  name.scope = "row";
  return element(
    "tr",
    "",
    name,
    element("td", "", String(told.faces_per_minute ?? "not counted yet")),
    element("td", "", `${alerts.open} open, ${alerts.true} true, ${alerts.false} false`),
    element("td", "", agesText(told)),
    element("td", "", `${expired} of ${captured}`),
    element("td", "", `${told.cameras_live} of ${told.cameras} live`),
    element("td", "", asOf(told)),
  );
}

/** @param {DeploymentFigures} told */
function agesText({ erasure_age_ms: ages }) {
  return ages ? `${ages.p50} / ${ages.p99_9} / ${ages.max} ms` : "no frame";
}

/** @param {DeploymentFigures} told */
function asOf({ as_of: at }) {
  if (at === null) return "no receipts yet";
  const isOld = nowMs() - Date.parse(at) > OLD_MS;
  return isOld ? element("strong", "", `${timeText(at)}: nothing since`) : timeText(at);
}
