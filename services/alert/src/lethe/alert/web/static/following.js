// What every page of alerts does: follows the stream, keeps what is known, shows one alert.

import { AlertBook } from "./alert-book.js";
import { ask } from "./api.js";
import { setClock } from "./clock.js";
import { Connection } from "./connection.js";
import { Earlier } from "./earlier.js";
import { at, tell } from "./elements.js";
import { Hiding } from "./hiding.js";
import { enter } from "./pages.js";
import { Screen } from "./screen.js";
import { signInAgain } from "./session.js";
import { signal } from "./signal.js";
import { SystemStatus } from "./status.js";
import { AlertStream } from "./stream.js";
import { isClosed, losesName } from "./words.js";

const REFRESH_AGAIN_MS = 1_000;
const AT_ONCE = 200;
const MOST_PAGES = 20;

/**
 * A list of alerts on a page.
 * @typedef {object} Shown
 * @property {(alertId: string) => void} add
 * @property {(alertId: string) => void} insert
 * @property {(alertId: string) => void} update
 * @property {(alertId: string) => void} remove
 * @property {() => void} clear
 * @property {() => void} show
 * @property {() => void} tick
 * @property {(alertId: string | null) => void} mark
 */

const book = new AlertBook();
const connection = new Connection();
const status = new SystemStatus();
const me = await enter();
const screen = new Screen(book, me, { changed: take, opened: (id) => list.mark(id) });
/** @type {Shown} */
let list;
/** Whether a new alert comes to the screen by itself. */
let fillsScreen = false;
const earlier = new Earlier(book, (id) => list.insert(id));
/** Which alert the announcer tells of. @type {string | null} */
let announced = null;

/**
 * @param {string} alertId
 * @param {string} text
 */
function announce(alertId, text) {
  announced = alertId;
  tell(at("announcer"), text);
}

function hush() {
  announced = null;
  tell(at("announcer"), "");
}

/**
 * Takes an alert as it is now.
 * @param {AlertView} alert
 */
function take(alert) {
  const known = book.alerts.get(alert.alert_id);
  const isUnsaid = isClosed(alert) || alert.withdrawn || (known && losesName(known, alert));
  if (isUnsaid && alert.alert_id === announced) hush();
  if (!book.change(alert)) {
    // One that is open may have left the list.
    if (isClosed(alert) || !known) screen.update(alert);
    return;
  }
  list.update(alert.alert_id);
  screen.update(alert);
}

/**
 * @param {AlertView} alert
 * @param {boolean} isPast
 * @param {boolean} missed
 */
function add(alert, isPast, missed) {
  const isKnown = book.seen.has(alert.alert_id);
  if (!book.add(alert, missed)) return take(alert);
  list.add(alert.alert_id);
  for (const id of book.trim()) list.remove(id);
  earlier.tick();
  const isLate = book.late.has(alert.alert_id);
  // Of a closed one there is nothing to tell, and nothing to go to; nor of one that comes again.
  if (isClosed(alert) || alert.withdrawn || (isPast && (isKnown || !isLate))) return;
  const late = isLate ? "Late. " : "";
  announce(
    alert.alert_id,
    `${late}${announcementOf(alert)}`,
  );
  signal();
  // Of what was missed, a person picks.
  if (!isPast && fillsScreen) screen.arrived(alert.alert_id);
}

/** @param {AlertView} alert */
function announcementOf({ subject, camera_id: camera, rehearsal }) {
  if (rehearsal) return `A rehearsal with ${subject} at camera ${camera}.`;
  return `Possible match with ${subject} at camera ${camera}. You decide.`;
}

function clear() {
  hush();
  book.clear();
  list.clear();
  screen.close();
}

/** Lets go of every alert: whoever shows one must hear when it is erased. */
function hide() {
  book.isHidden = true;
  screen.hide();
  clear();
  earlier.tick();
  stream.anew();
}

/** All alerts have come again, each as it is now. */
function show() {
  book.isHidden = false;
  list.show();
  screen.show();
}

/** Who is at an alert goes on with it, however old that is. */
async function bringOpen() {
  await earlier.readOpen();
  screen.show();
}

/** @param {string} text */
function notice(text) {
  tell(at("notice"), text);
  at("notice").hidden = false;
}

/**
 * What happened to the alerts of before may have been missed: an erasure mustn't be.
 * @param {AlertView[]} [before]
 */
async function refresh(before = [...book.alerts.values()]) {
  let reached = (before[0]?.sequence ?? 0) - 1;
  const newest = before.at(-1)?.sequence ?? -1;
  /** @type {Set<string>} */
  const told = new Set();
  for (let page = 0; page < MOST_PAGES && reached < newest; page += 1) {
    /** @type {import("./api.js").Answer<{ alerts: AlertView[] }>} */
    const answer = await ask(`/alerts?after=${reached}&limit=${AT_ONCE}`);
    if (!answer.content) {
      setTimeout(() => refresh(before), REFRESH_AGAIN_MS);
      return;
    }
    const now = answer.content.alerts;
    for (const alert of now) {
      take(alert);
      told.add(alert.alert_id);
    }
    reached = now.length < AT_ONCE ? Infinity : (now.at(-1)?.sequence ?? Infinity);
  }
  for (const { alert_id: id, sequence } of before) {
    if (sequence <= reached && !told.has(id)) drop(id);
  }
}

/**
 * Takes away an alert that was taken back: there is none any more.
 * @param {string} alertId
 */
function drop(alertId) {
  if (alertId === announced) hush();
  book.remove(alertId);
  list.remove(alertId);
  screen.drop(alertId);
}

const stream = new AlertStream(me.subject, {
  state: (state) => {
    connection.set(state);
    if (state !== "live") return;
    hiding.confirmed();
    bringOpen();
  },
  heard: (at, heartbeatS) => {
    if (at) setClock(at);
    connection.heard(heartbeatS);
    hiding.heard();
  },
  alert: add,
  change: take,
  from: (sequence, reached) => {
    book.begin(sequence);
    book.reached = reached;
  },
  gap: (gap) => {
    if (gap.sequence < gap.after) clear();
    else notice(`${gap.sequence - gap.after} earlier alerts are not shown on this page.`);
    book.pass(gap.sequence);
  },
  restart: () => {
    clear();
    notice("The alert service was started again; its latest alerts are shown.");
  },
  newLeader: () => refresh(),
  signedOut: async (reason) => {
    connection.set("ended");
    hiding.end();
    // Whoever comes next may see less: nothing stays on the screen.
    clear();
    at("columns").hidden = at("columns").inert = true;
    await signInAgain(reason);
    location.reload();
  },
});

const hiding = new Hiding({
  hide,
  show,
  leave: () => {
    stream.drop();
    clear();
  },
});

/**
 * Follows alerts until the page is closed.
 * @param {(book: AlertBook, me: SignedIn, open: (alertId: string) => void) => Shown} makeList
 * @param {object} [asks]
 * @param {boolean} [asks.fills] whether a new alert comes to the screen by itself
 * @param {(told: import("./status.js").StatusAnswer) => void} [asks.told] told how the system is
 */
export function follow(makeList, { fills = false, told } = {}) {
  fillsScreen = fills;
  list = makeList(book, me, (id) => screen.open(id));
  setInterval(() => {
    for (const each of [connection, hiding, status, list, screen]) each.tick();
  }, 1000);
  stream.open();
  status.watch((system) => {
    earlier.count(system.alerts.count);
    told?.(system);
  });
}
