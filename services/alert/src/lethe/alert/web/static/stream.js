// The connection to the alert stream: resumes where it left off, drops what it has seen.

const SILENCE_MS = 40_000; // the server says something every 15 s
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const SHOWN_AT_FIRST = 100;
const NOT_SIGNED_IN = 4401;
const NOT_ALLOWED = 4403;
const CHANGES = new Set(["sighting", "acknowledged", "claimed", "adjudicated", "erased"]);

export class AlertStream {
  // `on` has: state(name), alert(alert, isPast, missed), change(alert), gap(message), restart(),
  // newLeader(), signedOut(reason).
  constructor(on) {
    this.on = on;
    this.last = null; // the highest sequence seen; null before the first connection
    this.log = null; // which alert log the sequences belong to
    this.term = null; // the leader's that was last heard
    this.wait = FIRST_WAIT_MS;
    this.behind = true; // catching up
    this.returning = false; // had been caught up before, then lost the connection
  }

  async open() {
    this.on.state("connecting");
    try {
      if (this.last === null) {
        const answer = await fetch("/api/v1/alerts?limit=0");
        if (answer.status === 401 || answer.status === 403) {
          this.on.signedOut((await answer.json()).detail);
          return;
        }
        if (!answer.ok) throw new Error(`the service answered ${answer.status}`);
        const newest = (await answer.json()).last_sequence;
        this.last = Math.max(0, newest - SHOWN_AT_FIRST);
      }
    } catch {
      this.again();
      return;
    }
    const address = new URL("/api/v1/alerts/stream", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    this.behind = true;
    socket.onopen = () => socket.send(JSON.stringify({ after: this.last }));
    socket.onmessage = (message) => {
      this.listen(socket);
      this.receive(socket, JSON.parse(message.data));
    };
    socket.onclose = (event) => {
      clearTimeout(this.silence);
      if (event.code === NOT_SIGNED_IN || event.code === NOT_ALLOWED) {
        this.on.signedOut(event.reason);
      } else this.again();
    };
    this.listen(socket);
  }

  listen(socket) {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => {
      // A connection that died without a word may take minutes to close: don't wait for it.
      socket.onclose = null;
      socket.onmessage = null;
      socket.close();
      this.again();
    }, SILENCE_MS);
  }

  again() {
    this.on.state("lost");
    // Jitter, so that many pages don't come back at the same moment.
    setTimeout(() => this.open(), this.wait * (0.5 + Math.random() / 2));
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT_MS);
  }

  receive(socket, message) {
    if (message.type === "hello") this.greet(socket, message);
    else if (message.type === "alert") this.take(message);
    else if (CHANGES.has(message.type)) this.on.change(message.alert);
    else if (message.type === "gap") {
      this.last = message.sequence;
      this.on.gap(message);
    } else if (message.type === "caught-up") {
      this.behind = false;
      this.returning = true;
      this.wait = FIRST_WAIT_MS;
      this.on.state("live");
      socket.send(JSON.stringify({ delivered: message.sequence }));
    }
  }

  greet(socket, hello) {
    if (this.log !== null && this.log !== hello.log) {
      // The service has another database: its sequences mean other alerts than the ones seen.
      this.last = null;
      this.log = null;
      this.on.restart();
      socket.onmessage = null;
      socket.close();
      return;
    }
    this.log = hello.log;
    // What happened to the alerts of before, while none led, was told to nobody.
    if (this.term !== null && this.term !== hello.term) this.on.newLeader();
    this.term = hello.term;
  }

  take(message) {
    if (message.sequence <= this.last) return;
    this.last = message.sequence;
    this.on.alert(message.alert, this.behind, this.behind && this.returning);
  }
}
