// Print every alert once: a client of the alert stream that reconnects and resumes.
//
//     LETHE_TOKEN=$(lethe token --role operator) node listen.mjs http://127.0.0.1:8620
//
// It needs Node.js 22, or 20 with --experimental-websocket, and no package. One line of JSON per
// alert goes to standard output; what to do about it belongs where console.log stands.

const NOT_LET_IN = new Set([4401, 4403]);
const url = process.argv[2] ?? "http://127.0.0.1:8620";
const address = `${url.replace(/^http/, "ws")}/api/v1/alerts/stream`;

// How far we have got, in which log. Keep it in a file to resume after a restart.
const place = { log: /** @type {string | null} */ (null), after: 0 };
let wait = 500;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let silence;

function listen() {
  const socket = new WebSocket(address);
  let patience = 40_000; // until the server says how often it is heard
  const heard = () => {
    clearTimeout(silence);
    // A connection that died without a word may take minutes to close: don't wait for it.
    silence = setTimeout(() => end(), patience);
  };
  /** @param {CloseEvent} [event] */
  const end = (event) => {
    if (socket.onclose === null) return;
    socket.onclose = socket.onmessage = null;
    clearTimeout(silence);
    socket.close();
    if (event && NOT_LET_IN.has(event.code)) {
      console.error(`not let in: ${event.reason}`);
      process.exit(1);
    }
    // Not all at the same moment, and less often the longer it lasts.
    setTimeout(listen, wait * (0.5 + Math.random() / 2));
    wait = Math.min(2 * wait, 15_000);
  };
  socket.onopen = () =>
    socket.send(JSON.stringify({ after: place.after, token: process.env.LETHE_TOKEN }));
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === "hello") patience = 2_000 * message.heartbeat_s;
    heard();
    if (take(message)) end();
    else if (message.type === "caught-up") {
      wait = 500;
      socket.send(JSON.stringify({ delivered: message.sequence }));
    }
  };
  socket.onclose = end;
  socket.onerror = () => {}; // a close follows
  heard();
}

/**
 * Returns whether we must begin anew: the sequences of another database are of other alerts.
 * @param {Record<string, any>} message
 */
function take(message) {
  if (message.type === "hello") {
    const isOther = place.log !== null && place.log !== message.log;
    place.log = message.log;
    if (isOther) place.after = 0;
    return isOther;
  }
  if (message.type === "gap") {
    console.error(`alerts up to ${message.sequence} are only in GET /alerts`);
    place.after = message.sequence;
  } else if (message.type === "alert" && message.sequence > place.after) {
    place.after = message.sequence;
    console.log(JSON.stringify(message.alert));
  }
  return false;
}

listen();
