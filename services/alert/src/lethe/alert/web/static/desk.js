// The page of operators and supervisors: alerts to be filtered, and how everything stands.

import { AlertTable } from "./alert-table.js";
import { offerCameras, watchCameras } from "./cameras.js";
import { showDeployments, showFigures } from "./deployments.js";
import { refreshFigures, watchFigures } from "./figures.js";
import { follow } from "./following.js";
import { watchSound } from "./signal.js";
import { watchWatchlists } from "./watchlists.js";

/** @type {AlertTable | undefined} */
let table;
/** What was told last. @type {import("./status.js").StatusAnswer | undefined} */
let latest;

function show() {
  if (!latest) return;
  showFigures(latest);
  showDeployments(latest.deployments);
}

function changed() {
  refreshFigures(show);
  show();
}

/** @param {import("./status.js").StatusAnswer} told */
function take(told) {
  latest = told;
  table?.offer(told.deployments.map((each) => each.deployment_id));
  offerCameras(told.cameras.map((each) => each.camera_id));
  show();
}

watchSound();
watchCameras();
watchFigures(show);
follow(
  (book, me, open) => {
    watchWatchlists(me);
    return (table = new AlertTable(book, me.name, { open, changed }));
  },
  { told: take },
);
