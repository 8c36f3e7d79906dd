// The officer's page: alerts newest first, and how the system is.

import { AlertCard } from "./card.js";
import { signedIn, signInAgain } from "./session.js";
import { AlertStream } from "./stream.js";

const MOST_CARDS = 200;
const STATUS_EVERY_MS = 5_000;
const REFRESH_AGAIN_MS = 1_000;
const STATES = {
  connecting: "Connecting",
  live: "Live",
  lost: "Connection lost, trying again",
  ended: "Signed out",
};

const at = (id) => document.getElementById(id);
const cards = new Map(); // by alert id, oldest first
const shownOnce = new Set(); // alert ids; survives a restart of the service
let unseen = 0;

function showState(name) {
  const connection = at("connection");
  if (connection.dataset.state === name) return;
  connection.dataset.state = name;
  connection.textContent = STATES[name];
}

function addAlert(alert, isPast, missed) {
  if (cards.has(alert.alert_id)) return;
  const isLate = missed && !shownOnce.has(alert.alert_id);
  shownOnce.add(alert.alert_id);
  const card = new AlertCard(alert, isLate);
  card.tick(Date.now());
  if (!isPast) card.item.firstChild.classList.add("alert-new");
  cards.set(alert.alert_id, card);
  at("alerts").prepend(card.item);
  at("empty").hidden = true;
  if (cards.size > MOST_CARDS) {
    const [oldest, old] = cards.entries().next().value;
    old.item.remove();
    cards.delete(oldest);
  }
  if (!isPast || isLate) announce(alert, isLate);
}

function announce(alert, isLate) {
  const late = isLate ? "Late. " : "";
  at("announcer").textContent =
    `${late}Possible match with ${alert.subject} at camera ${alert.camera_id}. You decide.`;
  if (document.hidden) {
    unseen += 1;
    document.title = `(${unseen}) Lethe`;
  }
}

function showNotice(text) {
  const notice = at("notice");
  notice.textContent = text;
  notice.hidden = false;
}

function clear() {
  cards.clear();
  at("alerts").replaceChildren();
  at("empty").hidden = false;
}

const stream = new AlertStream({
  state: showState,
  alert: addAlert,
  change: (alert) => cards.get(alert.alert_id)?.update(alert),
  gap: (gap) => {
    if (gap.sequence < gap.after) clear();
    else showNotice(`${gap.sequence - gap.after} earlier alerts are not shown on this page.`);
  },
  restart: () => {
    clear();
    showNotice("The alert service was started again; its latest alerts are shown.");
  },
  newLeader: refreshCards,
  signedOut: async (reason) => {
    showState("ended");
    // Whoever comes next may see less: nothing stays on the screen.
    clear();
    await signInAgain(reason);
    location.reload();
  },
});

async function refreshCards() {
  const [oldest] = cards.values();
  if (!oldest) return;
  try {
    const answer = await fetch(`/api/v1/alerts?after=${oldest.sequence - 1}&limit=${MOST_CARDS}`);
    if (!answer.ok) throw new Error(`the service answered ${answer.status}`);
    for (const alert of (await answer.json()).alerts) cards.get(alert.alert_id)?.update(alert);
  } catch {
    // An erasure must not be missed: no picture stays because an answer got lost.
    setTimeout(refreshCards, REFRESH_AGAIN_MS);
  }
}

function showBanner(name, text) {
  const banner = at(name);
  // Set only when it changes: it is read aloud each time.
  if (banner.textContent !== text) banner.textContent = text;
  banner.hidden = text === "";
}

function showStatus(status) {
  const isLocal = (deployment) => deployment.order_type === "local";
  const all = status.deployments;
  at("local").hidden = all.length > 0 && !all.some(isLocal);
  at("cameras").textContent = status.cameras
    .map((camera) => `${camera.camera_id}: ${camera.state}`)
    .join(" · ");
  showBanner("blind", status.blind === null ? "" : `No searches take place: ${status.blind}`);
  showBanner(
    "suspended",
    all
      .filter((deployment) => deployment.suspended !== null)
      .map(
        ({ deployment_id, suspended }) =>
          `Suspended, nothing is captured: ${suspended.reason} (${deployment_id}, ` +
          `since ${new Date(suspended.since).toLocaleTimeString()}). ` +
          "An officer has to find out why before resuming it.",
      )
      .join(" "),
  );
}

async function refreshStatus() {
  try {
    const answer = await fetch("/api/v1/status");
    if (answer.ok) showStatus(await answer.json());
  } catch {
    // The stream shows that the connection is lost; camera states of before would mislead.
    at("cameras").textContent = "";
  }
  setTimeout(refreshStatus, STATUS_EVERY_MS);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  unseen = 0;
  document.title = "Lethe";
});

setInterval(() => {
  const now = Date.now();
  for (const card of cards.values()) card.tick(now);
}, 1000);

await signedIn();
stream.open();
refreshStatus();
