// Times by the server's clock: an officer's phone may be wrong.

const time = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });
let aheadMs = 0; // the server's clock before ours

/** @param {string} at what the server's clock says now */
export function setClock(at) {
  aheadMs = Date.parse(at) - Date.now();
}

/** The server's time, in milliseconds since 1970. */
export function nowMs() {
  return Date.now() + aheadMs;
}

/**
 * The time of day; the date as well unless it is today's.
 * @param {string} at
 */
export function timeText(at) {
  const [date, today] = [new Date(at), new Date(nowMs())];
  const isToday = date.toDateString() === today.toDateString();
  return isToday ? time.format(date) : `${day.format(date)}, ${time.format(date)}`;
}

/** @param {number} ms */
export function durationText(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}

/** @param {string} at */
export function ageText(at) {
  return `${durationText(nowMs() - Date.parse(at))} ago`;
}
