// The connection to the alert stream: resumes where it left off, drops what it has seen.

import { Delivering } from "./delivering.js";
import { NOT_KNOWN, keepReached, reached } from "./reached.js";

const SILENCE_MS = 30_000; // until the server says how often it is heard
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const SHOWN_AT_FIRST = 100;
const NOT_SIGNED_IN = 4401;
const NOT_ALLOWED = 4403;

/**
 * @typedef {AlertEvent | Hello | GapMarker | CaughtUp | Heartbeat} Message
 *
 * @typedef {object} Listener
 * @property {(state: import("./connection.js").ConnectionState) => void} state
 * @property {(at: string | null, heartbeatS?: number) => void} heard anything, and the server's time
 * @property {(sequence: number, reached: number) => void} from what comes begins behind the first;
 * what is behind the second is new to this tab
 * @property {(alert: AlertView, isPast: boolean, missed: boolean) => void} alert
 * @property {(alert: AlertView) => void} change
 * @property {(gap: GapMarker) => void} gap
 * @property {() => void} restart the sequences are of another log
 * @property {() => void} newLeader
 * @property {(reason: string) => void} signedOut
 */

export class AlertStream {
  /**
   * @param {string} who
   * @param {Listener} on
   */
  constructor(who, on) {
    this.who = who;
    this.on = on;
    /** The highest sequence seen; null before the first connection. @type {number | null} */
    this.last = null;
    /** Which alert log the sequences belong to. @type {string | null} */
    this.log = null;
    /** The leader's that was last heard. @type {number | null} */
    this.term = null;
    this.wait = FIRST_WAIT_MS;
    this.silenceMs = SILENCE_MS;
    this.behind = true; // catching up
    /** What is above it is new to this tab: late, if it comes while the page catches up. */
    this.reached = NOT_KNOWN;
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.silence = undefined;
  }

  open() {
    this.on.state("connecting");
    const address = new URL("/api/v1/alerts/stream", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    this.socket = socket;
    this.behind = true;
    const delivering = new Delivering(socket);
    const begin = this.last === null ? { after: -1, newest: SHOWN_AT_FIRST } : { after: this.last };
    socket.onopen = () => socket.send(JSON.stringify(begin));
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      this.receive(socket, message);
      if (message.type === "alert" || message.type === "caught-up") {
        delivering.arrived(message.sequence);
      }
      this.listen();
    };
    socket.onclose = (event) => {
      clearTimeout(this.silence);
      this.socket = null;
      if (event.code === NOT_SIGNED_IN || event.code === NOT_ALLOWED) {
        this.on.signedOut(event.reason);
      } else this.again();
    };
    this.listen();
  }

  listen() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      // A connection that died without a word may take minutes to close: don't wait for it.
      this.drop();
      this.again();
    }, this.silenceMs);
  }

  /** Hears nothing any more. */
  drop() {
    clearTimeout(this.silence);
    if (!this.socket) return;
    this.socket.onopen = this.socket.onclose = this.socket.onmessage = null;
    this.socket.close();
    this.socket = null;
  }

  /** Has the latest alerts told again: they are shown no more. */
  anew() {
    this.last = null;
    // Without a connection the next one begins so.
    if (!this.socket) return;
    this.drop();
    this.open();
  }

  again() {
    this.on.state("lost");
    // Jitter, so that many pages don't come back at the same moment.
    setTimeout(() => this.open(), this.wait * (0.5 + Math.random() / 2));
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
  }

  /**
   * @param {WebSocket} socket
   * @param {Message} message
   */
  receive(socket, message) {
    if (message.type === "hello") return this.greet(socket, message);
    this.on.heard(message.type === "heartbeat" ? message.at : null);
    if (message.type === "heartbeat") this.keep(message.sequence);
    if (message.type === "alert") this.take(message);
    else if (message.type === "gap") {
      this.last = message.sequence;
      this.on.gap(message);
    } else if (message.type === "caught-up") {
      this.behind = false;
      this.keep(message.sequence);
      this.wait = FIRST_WAIT_MS;
      this.on.state("live");
    } else if ("alert" in message) this.on.change(message.alert);
  }

  /**
   * @param {WebSocket} socket
   * @param {Hello} hello
   */
  greet(socket, hello) {
    if (this.log !== null && this.log !== hello.log) {
      // The service has another database: its sequences mean other alerts than the ones seen.
      this.last = null;
      this.log = null;
      // Of that one nothing was told yet.
      keepReached(hello.log, this.who, 0);
      this.on.restart();
      socket.onmessage = null;
      socket.close();
      return;
    }
    this.log = hello.log;
    this.reached = reached(hello.log, this.who);
    if (this.last === null) {
      this.last = Math.max(0, hello.sequence - SHOWN_AT_FIRST);
      this.on.from(this.last, this.reached);
    }
    this.silenceMs = 2_000 * hello.heartbeat_s;
    this.on.heard(hello.at, hello.heartbeat_s);
    // What happened to the alerts of before, while none led, was told to nobody.
    if (this.term !== null && this.term !== hello.term) this.on.newLeader();
    this.term = hello.term;
  }

  /** @param {AlertEvent} message */
  take(message) {
    if (message.sequence <= (this.last ?? 0)) return;
    this.last = message.sequence;
    this.keep(this.last);
    this.on.alert(message.alert, this.behind, this.behind && this.last > this.reached);
  }

  /**
   * Keeps how far this tab has come; not before it has caught up for the first time, or what was
   * there already would be late at the second try.
   * @param {number} sequence
   */
  keep(sequence) {
    if (this.log !== null && (!this.behind || this.reached !== NOT_KNOWN)) keepReached(this.log, this.who, sequence);
  }
}
