// An import: a table and images become a watchlist, as by `lethe watchlist import` (ADR 0058, 0063).
// What the list holds already isn't sent again: one that was stopped goes on with what is missing.

import { faultText } from "./fault-words.js";
import { Outbox } from "./outbox.js";
import { UnusableImage } from "./photographs.js";
import { Declined, Stopped, isAs, pause } from "./watchlist-api.js";

/** As by the command: some are read, some on their way, of some it isn't known yet what they became. */
const IN_FLIGHT = 96;
const POLL_MS = 250;
const STALLED_AFTER_MS = 12_000;
const TRIES = 3;
const NO_IMAGE = "none of its images can be used";

/**
 * @typedef {import("./import-report.js").Fault} Fault
 * @typedef {import("./outbox.js").Wanted} Wanted
 * @typedef {import("./photographs.js").Photograph} Photograph
 * @typedef {import("./table.js").Row} Row
 */

export class Import {
  /**
   * @param {import("./watchlist-api.js").WatchlistApi} api
   * @param {Row[]} rows
   * @param {import("./photographs.js").Photographs} photographs
   */
  constructor(api, rows, photographs) {
    this.api = api;
    this.rows = rows;
    this.photographs = photographs;
    this.outbox = new Outbox(api);
    /** @type {Fault[]} */
    this.faults = [];
    /** Images of which it is known what became of them. */
    this.done = 0;
    this.sent = 0;
    this.isRead = false;
    /** Images that are read, and of which that isn't known yet. */
    this.pending = 0;
    /** Whom the list holds, by reference number. @type {Map<string, import("./watchlist-api.js").ListedSubject>} */
    this.known = new Map();
    /** @type {Map<string, ReferenceView>} */
    this.states = new Map();
    /** By subject and hash. @type {Map<string, string>} */
    this.ofImage = new Map();
    this.seen = 0;
    /** @type {Map<string, Wanted>} */
    this.underWay = new Map();
    /** By subject. @type {Map<string, Row>} */
    this.listed = new Map();
    /** By hash: what people call an image. @type {Map<string, string>} */
    this.names = new Map();
    /** Told of already: a row's other images may have gone with another request. @type {Set<Row>} */
    this.refused = new Set();
  }

  /**
   * Resolves to how many subjects of the table are on the list.
   * @param {Record<string, unknown>} described name and purpose of a list that isn't there yet
   */
  async run(described) {
    await this.api.register(described);
    for (const each of await this.api.subjects()) this.known.set(each.reference_number, each);
    await this.look();
    await Promise.all([this.read(), this.send(), this.follow().finally(() => this.outbox.close())]);
    await this.dropWithoutImage();
    const depicted = this.subjectsIn("enrolled");
    return [...this.listed.keys()].filter((id) => depicted.has(id)).length;
  }

  /** Reads what is to be sent; ends what the list holds already. */
  async read() {
    try {
      for (const row of this.rows) {
        if (this.api.stop.aborted) throw new Stopped();
        if (row.fault) this.refuse(row, row.fault, row.images.length);
        else await this.readRow(row);
      }
    } finally {
      this.isRead = true;
    }
  }

  /** @param {Row} row */
  async readRow(row) {
    const photographs = await this.photographsOf(row);
    if (photographs.length === 0) return this.refuse(row, NO_IMAGE, 0);
    try {
      const who = await this.whoIs(row);
      for (const photograph of photographs) await this.image(row, photograph, who);
    } catch (refused) {
      if (!(refused instanceof Declined)) throw refused;
      this.refuse(row, refused.message, photographs.length);
    }
  }

  /** @param {Row} row */
  async photographsOf(row) {
    /** @type {Photograph[]} */
    const found = [];
    for (const name of row.images) {
      try {
        found.push(await this.photographs.find(name));
      } catch (unusable) {
        if (!(unusable instanceof UnusableImage)) throw unusable;
        this.reject(row, name, unusable.message);
      }
    }
    return found;
  }

  /**
   * The id of somebody who is listed, as the table has them now; or their details.
   * @param {Row} row
   */
  async whoIs(row) {
    const known = this.known.get(row.number);
    if (!known) return row.details;
    // Alert says that somebody's last day is over, if it is asked.
    const isOver = String(row.details.expires_on ?? "9") < new Date().toISOString().slice(0, 10);
    const isSame = isAs(known, row.details) && !isOver;
    const { subject_id: id } = isSame ? known : await this.api.change(known, row.details);
    this.listed.set(id, row);
    return id;
  }

  /**
   * @param {Row} row
   * @param {Photograph} photograph
   * @param {Record<string, unknown> | string} who
   */
  async image(row, photograph, who) {
    this.names.set(photograph.digest, photograph.name);
    const known = this.states.get(this.ofImage.get(`${who} ${photograph.digest}`) ?? "");
    if (known && known.state !== "submitted") return this.end(row, photograph.name, known);
    while (this.pending >= IN_FLIGHT) await this.wait();
    this.pending += 1;
    this.outbox.put({ row, photograph, who, tries: 1 });
  }

  /** Sends what is read, one lot after another, until it is known of all what they became. */
  async send() {
    while (await this.outbox.hasMore()) {
      for (const { wanted, told } of await this.outbox.send()) this.takeAnswer(wanted, told);
    }
  }

  /**
   * @param {Wanted[]} wanted
   * @param {import("./outbox.js").EntryAnswer} told
   */
  takeAnswer(wanted, { problem, subject_id: id, images }) {
    const [first] = wanted;
    if (!first) return;
    if (problem) {
      this.pending -= wanted.length;
      return this.refuse(first.row, problem.detail, wanted.length);
    }
    if (id) this.listed.set(id, first.row);
    wanted.forEach((each, place) => {
      const became = images[place];
      if (!became || became.problem) {
        this.pending -= 1;
        this.reject(each.row, each.photograph.name, became?.problem.detail ?? "not answered for");
      } else {
        this.sent += 1;
        this.take(became);
        this.underWay.set(became.reference_id, each);
      }
    });
  }

  /** Takes what became of what is sent; sends once more what gets no answer. */
  async follow() {
    let moved = performance.now();
    while (!this.isRead || this.pending > 0) {
      await this.wait();
      await this.look();
      const ended = [...this.underWay].filter(([id]) => this.states.get(id)?.state !== "submitted");
      for (const [id, { row, photograph }] of ended) {
        this.underWay.delete(id);
        this.pending -= 1;
        const state = this.states.get(id);
        if (state) this.end(row, photograph.name, state);
      }
      if (ended.length > 0) moved = performance.now();
      else if (performance.now() - moved > STALLED_AFTER_MS) {
        this.tryAgain();
        moved = performance.now();
      }
    }
  }

  tryAgain() {
    for (const [id, sent] of [...this.underWay]) {
      const name = sent.photograph.name;
      if (sent.tries >= TRIES) throw new Declined(`nothing is heard of ${name}: see that the services run`, 0);
      // The same image of the same subject is the same reference.
      this.underWay.delete(id);
      const who = this.states.get(id)?.subject_id ?? sent.who;
      this.outbox.put({ ...sent, who, tries: sent.tries + 1 });
    }
  }

  async wait() {
    if (this.api.stop.aborted) throw new Stopped();
    await pause(POLL_MS);
  }

  async look() {
    for (const state of await this.api.changes(this.seen)) {
      this.seen = state.change;
      this.take(state);
    }
  }

  /** Takes a state, unless a later one is known: an answer may be late. @param {ReferenceView} state */
  take(state) {
    this.ofImage.set(`${state.subject_id} ${state.image_sha256}`, state.reference_id);
    const known = this.states.get(state.reference_id);
    if (!known || known.change <= state.change) this.states.set(state.reference_id, state);
  }

  /** Nobody could recognise whoever has no image, and they would count as a subject all the same. */
  async dropWithoutImage() {
    const depicted = this.subjectsIn("enrolled");
    const waiting = this.subjectsIn("submitted");
    const rejected = [...this.subjectsIn("rejected")].filter((id) => !waiting.has(id));
    for (const id of new Set([...this.listed.keys(), ...rejected])) {
      if (depicted.has(id)) continue;
      let why = NO_IMAGE;
      try {
        await this.api.remove(id);
      } catch (refused) {
        if (!(refused instanceof Declined)) throw refused;
        why = `${why}, and it stays on the list: ${refused.message}`;
      }
      const { line = 0, number = "" } = this.listed.get(id) ?? {};
      this.faults.push({ line, number, image: "", verdict: "row rejected", why });
    }
  }

  /** @param {ReferenceView["state"]} state */
  subjectsIn(state) {
    return new Set([...this.states.values()].filter((each) => each.state === state).map((each) => each.subject_id));
  }

  /**
   * @param {Row} row
   * @param {string} image
   * @param {ReferenceView} state
   */
  end({ line, number }, image, state) {
    if (state.state !== "enrolled") return this.reject({ line, number }, image, this.reasonOf(state));
    if (state.fault !== null) {
      this.faults.push({ line, number, image, verdict: "flagged", why: faultText(state.fault) });
    }
    this.done += 1;
  }

  /** @param {ReferenceView} state */
  reasonOf({ fault, resembles }) {
    if (resembles === null) return faultText(fault);
    const other = this.names.get(this.states.get(resembles)?.image_sha256 ?? "") ?? "another image";
    return `the same person as ${other}? The faces look alike`;
  }

  /**
   * @param {Pick<Row, "line" | "number">} row
   * @param {string} image
   * @param {string} why
   */
  reject({ line, number }, image, why) {
    this.faults.push({ line, number, image, verdict: "image rejected", why });
    this.done += 1;
  }

  /**
   * @param {Row} row
   * @param {string} why
   * @param {number} images that come to an end with it
   */
  refuse(row, why, images) {
    this.done += images;
    if (this.refused.has(row)) return;
    this.refused.add(row);
    const { line, number } = row;
    const known = this.known.get(number)?.subject_id;
    const stays = known !== undefined && this.subjectsIn("enrolled").has(known);
    const told = stays ? `${why}; listed before, and stays so unchanged` : why;
    this.faults.push({ line, number, image: "", verdict: "row rejected", why: told });
  }
}
