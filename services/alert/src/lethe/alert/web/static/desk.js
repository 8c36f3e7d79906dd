// The page of operators and supervisors: alerts to be filtered, and how everything stands.

import { AlertTable } from "./alert-table.js";
import { lookAt, offerCameras, watchCameras } from "./cameras.js";
import { asCards } from "./cards.js";
import { showDeployments, showFigures } from "./deployments.js";
import { at } from "./elements.js";
import { refreshFigures, watchFigures } from "./figures.js";
import { follow } from "./following.js";
import { watchSound } from "./signal.js";
import { watchWatchlists } from "./watchlists.js";

/** @type {AlertTable | undefined} */
let table;
/** What was told last. @type {import("./status.js").StatusAnswer | undefined} */
let latest;
/** Opens a walk-through, for supervisors. @type {((deploymentId: string) => void) | null} */
let walk = null;
/** @type {import("./walk-through.js").WalkThrough | undefined} */
let walking;

function show() {
  if (!latest) return;
  showFigures(latest);
  showDeployments(latest, walk);
}

function changed() {
  walking?.changed();
  refreshFigures(show);
  show();
}

/** @param {import("./status.js").StatusAnswer} told */
function take(told) {
  latest = told;
  table?.offer(told.deployments.map((each) => each.deployment_id));
  offerCameras(told.cameras);
  show();
}

/** Receipts come when somebody asks for them: the page is ready sooner without. */
function offerReceipts() {
  const panel = at("receipts-panel");
  panel.addEventListener("toggle", showAllReceipts, { once: true });
}

async function showAllReceipts() {
  const [words, logs] = await Promise.all([import("./plain-receipts.js"), import("./receipts.js")]);
  words.watchPlainReceipts();
  await logs.showReceipts();
}

for (const id of ["alerts", "deployments", "by-deployment"]) asCards(at(id));
offerReceipts();
watchSound();
watchCameras();
watchFigures(show);
follow(
  (book, me, open) => {
    watchWatchlists(me);
    if (me.roles.includes("supervisor")) {
      walk = async (deploymentId) => {
        const { WalkThrough } = await import("./walk-through.js");
        walking?.close();
        walking = new WalkThrough(deploymentId, { look: lookAt, open });
      };
    }
    return (table = new AlertTable(book, me.name, { open, changed }));
  },
  { told: take },
);
