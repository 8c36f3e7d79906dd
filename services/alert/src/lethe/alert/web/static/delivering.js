// Tells the service what has arrived here, in few words: what comes at about the same time together.

const TOGETHER_MS = 2_000;

/** Of one connection: the service counts from where it began. */
export class Delivering {
  /** @param {WebSocket} socket */
  constructor(socket) {
    this.socket = socket;
    this.reached = 0;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.telling = undefined;
  }

  /** @param {number} sequence up to which everything has arrived */
  arrived(sequence) {
    if (sequence <= this.reached) return;
    this.reached = sequence;
    this.telling ??= setTimeout(() => this.tell(), TOGETHER_MS);
  }

  tell() {
    this.telling = undefined;
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.socket.send(JSON.stringify({ delivered: this.reached }));
  }
}
