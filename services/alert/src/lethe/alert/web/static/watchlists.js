// Watchlists with how far their enrolment has come, and what couldn't be enrolled.

import { ask } from "./api.js";
import { at, button, element, foreign } from "./elements.js";
import { faultText } from "./fault-words.js";

/** Who vouches for a watchlist: whoever keeps it doesn't by that alone. @type {Role[]} */
const CHECK = ["supervisor", "authorising-officer"];
let mayCheck = false;

/** @param {SignedIn} me */
export function watchWatchlists(me) {
  mayCheck = CHECK.some((role) => me.roles.includes(role));
  at("read-watchlists").onclick = read;
  const panel = at("import", HTMLDetailsElement);
  // What few need comes when they need it: the page is ready sooner without it.
  panel.addEventListener("toggle", async () => (await import("./import-panel.js")).watchImport(), { once: true });
}

async function read() {
  /** @type {import("./api.js").Answer<{ watchlists: WatchlistView[] }>} */
  const answer = await ask("/watchlists");
  const place = at("watchlists");
  if (!answer.content) {
    place.replaceChildren(element("p", "fault", `They can't be shown: ${answer.told}.`));
    return;
  }
  const shown = await Promise.all(answer.content.watchlists.map(watchlist));
  place.replaceChildren(...(shown.length ? shown : [element("p", "quiet", "There are none.")]));
}

/** @param {WatchlistView} list */
async function watchlist(list) {
  const path = `/watchlists/${encodeURIComponent(list.watchlist_id)}`;
  /** @type {import("./api.js").Answer<WatchlistView & WatchlistCounts>} */
  const counted = await ask(path);
  const card = element("article", "watchlist");
  const title = element("h3", "", foreign(list.name || list.watchlist_id));
  const told = element("p", "quiet", foreign(list.purpose ?? ""));
  card.append(title, told);
  if (list.erased) card.append(element("p", "", "Its personal details are erased."));
  if (counted.content) card.append(...progress(counted.content));
  else card.append(element("p", "fault", `It can't be counted: ${counted.told}.`));
  if (counted.content?.references.rejected) card.append(await faults(path));
  if (!list.erased) card.append(sampleButton(list));
  return card;
}

/** @param {WatchlistView} list */
function sampleButton({ watchlist_id: id }) {
  const open = button("Sample", async () => {
    const { Sampling } = await import("./sampling.js");
    const sampling = new Sampling(id, mayCheck);
    open.replaceWith(sampling.place);
    await sampling.show();
    sampling.place.focus();
  });
  open.setAttribute("aria-label", `Sample of ${id}`);
  return open;
}

/** @param {WatchlistView & WatchlistCounts} list */
function progress({ subjects, reviews_due: due, references, ordered_hash: ordered }) {
  const { submitted, enrolled, rejected } = references;
  const bar = element("progress", "");
  [bar.max, bar.value] = [Math.max(1, submitted + enrolled + rejected), enrolled + rejected];
  bar.setAttribute("aria-label", "References settled");
  const told =
    `${subjects} subjects; references: ${enrolled} enrolled, ${submitted} waiting, ` +
    `${rejected} rejected. ${ordered ? "An order names it: it is closed." : "Not ordered yet."}`;
  const overdue = due === 1 ? "1 subject is" : `${due} subjects are`;
  return [bar, element("p", "", told), ...(due ? [element("p", "fault", `${overdue} due for review.`)] : [])];
}

/** @param {string} path */
async function faults(path) {
  /** @type {import("./api.js").Answer<{ references: ReferenceView[] }>} */
  const answer = await ask(`${path}/references?limit=1000`);
  const rejected = answer.content?.references.filter((each) => each.state === "rejected") ?? [];
  const rows = rejected.map((each) =>
    element(
      "tr",
      "",
      element("td", "", foreign(each.subject_id)),
      element("td", "", reasonOf(each)),
    ),
  );
  const head = element("tr", "", headed("Subject"), headed("Why its image was rejected"));
  return element("table", "", element("thead", "", head), element("tbody", "", ...rows));
}

/** @param {ReferenceView} reference */
function reasonOf({ fault, resembles }) {
  return resembles === null ? faultText(fault) : `it looks like ${resembles}, an image of somebody else`;
}

/** @param {string} text */
function headed(text) {
  const made = element("th", "", text);
  made.scope = "col";
  return made;
}
