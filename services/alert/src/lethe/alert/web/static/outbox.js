// Images on their way to alert: as many in one request as wait when the one before is answered.

const MOST_IMAGES = 16;
/** Nothing is added to a request that holds more: alert takes 16 MB, and an image has 7 at most. */
const MOST_BYTES = 8 * 1024 * 1024;

/**
 * An image that is to be sent.
 * @typedef {object} Wanted
 * @property {import("./table.js").Row} row
 * @property {import("./photographs.js").Photograph} photograph
 * @property {Record<string, unknown> | string} who the details of somebody to be listed, or the id of somebody who is
 * @property {number} tries how often it is sent by now
 *
 * @typedef {{ problem: { detail: string } } | (ReferenceView & { problem?: undefined })} ImageAnswer
 * @typedef {{ problem?: { detail: string }, subject_id: string, images: ImageAnswer[] }} EntryAnswer
 *
 * @typedef {{ wanted: Wanted[], told: EntryAnswer }} Answered what became of images of one person
 */

export class Outbox {
  /** @param {import("./watchlist-api.js").WatchlistApi} api */
  constructor(api) {
    this.api = api;
    /** @type {Wanted[]} */
    this.waiting = [];
    this.isClosed = false;
    /** @type {(() => void) | undefined} */
    this.wake = undefined;
  }

  /** @param {Wanted} wanted */
  put(wanted) {
    this.waiting.push(wanted);
    this.wake?.();
  }

  /** Says that nothing is put in any more. */
  close() {
    this.isClosed = true;
    this.wake?.();
  }

  /** Waits until something is to be sent; tells whether there is anything. */
  async hasMore() {
    if (this.waiting.length === 0 && !this.isClosed) {
      await new Promise((/** @type {(_: void) => void} */ resolve) => (this.wake = resolve));
    }
    return this.waiting.length > 0;
  }

  /**
   * Sends what waits; resolves to what became of it.
   * @returns {Promise<Answered[]>}
   */
  async send() {
    const [lot, lost] = await legible(this.lot());
    const people = peopleIn(lot);
    /** @type {EntryAnswer[]} */
    const told = people.length ? await this.api.enter(people.map(entryOf)) : [];
    const answered = people.flatMap((wanted, place) => {
      const answer = told[place];
      return answer ? [{ wanted, told: answer }] : [];
    });
    return [...answered, ...lost.map((each) => ({ wanted: [each], told: UNREAD }))];
  }

  lot() {
    let [count, bytes] = [0, 0];
    for (const { photograph } of this.waiting.slice(0, MOST_IMAGES)) {
      if (bytes > MOST_BYTES) break;
      bytes += photograph.file.size;
      count += 1;
    }
    return this.waiting.splice(0, count);
  }
}

/** @type {EntryAnswer} */
const UNREAD = { subject_id: "", images: [{ problem: { detail: "can't be read" } }] };

/**
 * Those whose files can be read still, and the others: a request with one of these never gets out.
 * @param {Wanted[]} lot
 */
async function legible(lot) {
  /** @type {[Wanted[], Wanted[]]} */
  const sorted = [[], []];
  for (const each of lot) {
    const isLost = await each.photograph.file.slice(0, 1).arrayBuffer().then(
      () => false,
      () => true,
    );
    sorted[isLost ? 1 : 0].push(each);
  }
  return sorted;
}

/**
 * The images of each person together: they stand side by side in a table.
 * @param {Wanted[]} lot
 */
function peopleIn(lot) {
  /** @type {Wanted[][]} */
  const people = [];
  for (const each of lot) {
    const last = people.at(-1);
    if (last?.[0]?.who === each.who) last.push(each);
    else people.push([each]);
  }
  return people;
}

/** @param {Wanted[]} wanted of one person */
function entryOf(wanted) {
  return { who: wanted[0]?.who ?? "", images: wanted.map(({ photograph }) => photograph.file) };
}
