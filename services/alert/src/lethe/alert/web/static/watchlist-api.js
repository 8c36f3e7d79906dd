// What an import asks of alert, again and again until it is answered: every call may be repeated.

import { ask } from "./api.js";

/** Alert refused something; the message says why. */
export class Declined extends Error {
  /**
   * @param {string} why
   * @param {number} status
   */
  constructor(why, status) {
    super(why);
    this.status = status;
  }
}

/** Somebody stopped the import. */
export class Stopped extends Error {}

/** @typedef {{ subject_id: string, revision: number, reference_number: string } & Record<string, unknown>} ListedSubject */

const PAGE = 1_000;
const AGAIN_MS = 1_000;
const LATER = [0, 429, 503];
/** What a file is called on its way: its own name may tell of somebody. */
const IMAGE = "image";

/** @param {number} ms */
export function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export class WatchlistApi {
  /**
   * @param {string} watchlistId
   * @param {AbortSignal} stop
   */
  constructor(watchlistId, stop) {
    this.watchlistId = watchlistId;
    this.path = `/watchlists/${encodeURIComponent(watchlistId)}`;
    this.stop = stop;
  }

  /** @param {Record<string, unknown>} described */
  async register(described) {
    const body = { watchlist_id: this.watchlistId, ...described };
    await this.asked("/watchlists", { method: "POST", body });
    /** @type {WatchlistView} */
    const list = await this.asked(this.path);
    if (list.ordered_hash !== null) {
      throw new Declined(`${this.watchlistId} was ordered and can't be changed: import under another id`, 409);
    }
  }

  /** @returns {Promise<ListedSubject[]>} */
  async subjects() {
    return this.pages(`${this.path}/subjects`, 0, "subjects");
  }

  /**
   * References behind a change, in the order of their changes.
   * @param {number} after
   * @returns {Promise<ReferenceView[]>}
   */
  async changes(after) {
    return this.pages(`${this.path}/references`, after, "references");
  }

  /**
   * @param {ListedSubject} known
   * @param {Record<string, unknown>} details
   * @returns {Promise<ListedSubject>}
   */
  async change({ subject_id: id, revision: version }, details) {
    const path = `${this.path}/subjects/${encodeURIComponent(id)}`;
    try {
      return await this.asked(path, { method: "PUT", body: details, version });
    } catch (refused) {
      if (!(refused instanceof Declined) || refused.status !== 412) throw refused;
      // A change that wasn't answered and is sent again finds itself made.
      /** @type {ListedSubject} */
      const now = await this.asked(path);
      if (!isAs(now, details)) throw refused;
      return now;
    }
  }

  /** Removes a subject of whom no image is enrolled. @param {string} subjectId */
  async remove(subjectId) {
    try {
      await this.asked(`${this.path}/subjects/${encodeURIComponent(subjectId)}`, { method: "DELETE" });
    } catch (refused) {
      if (!(refused instanceof Declined) || refused.status !== 404) throw refused;
    }
  }

  /**
   * Lists people with images, all in one request; resolves to what became of each, in their order.
   * Whatever is listed already is answered for and not added again.
   * @param {{ who: Record<string, unknown> | string, images: File[] }[]} people by details, or by id
   * @returns {Promise<import("./outbox.js").EntryAnswer[]>}
   */
  async enter(people) {
    const entries = people.map(({ who, images }, place) => ({
      ...(typeof who === "string" ? { subject_id: who } : { details: who }),
      images: images.map((_, nth) => `${place}-${nth}`),
    }));
    const body = new FormData();
    body.set("entries", JSON.stringify({ entries }));
    people.forEach(({ images }, place) => {
      images.forEach((image, nth) => body.set(`${place}-${nth}`, image, IMAGE));
    });
    return (await this.asked(`${this.path}/entries`, { method: "POST", body })).entries;
  }

  /**
   * @param {string} path
   * @param {number | null} after
   * @param {string} name
   */
  async pages(path, after, name) {
    const found = [];
    for (let next = after; next !== null; ) {
      const page = await this.asked(`${path}?after=${next}&limit=${PAGE}`);
      found.push(...page[name]);
      next = page.next;
    }
    return found;
  }

  /**
   * @param {string} path
   * @param {Parameters<typeof ask>[1]} [asked]
   * @returns {Promise<any>}
   */
  async asked(path, asked) {
    for (;;) {
      if (this.stop.aborted) throw new Stopped();
      /** @type {import("./api.js").Answer<any>} */
      const answer = await ask(path, asked);
      if (answer.told === null) return answer.content;
      if (!LATER.includes(answer.status)) throw new Declined(answer.told, answer.status);
      await pause(AGAIN_MS);
    }
  }
}

/**
 * Whether these are the details of a subject.
 * @param {ListedSubject} known
 * @param {Record<string, unknown>} details
 */
export function isAs(known, details) {
  return Object.entries(details).every(
    ([name, value]) => JSON.stringify(known[name]) === JSON.stringify(value),
  );
}
