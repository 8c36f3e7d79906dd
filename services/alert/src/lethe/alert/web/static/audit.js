// The auditor's page: who did what, and the receipts. It changes nothing but by being read.

import { ask } from "./api.js";
import { asCards } from "./cards.js";
import { timeText } from "./clock.js";
import { at, element, foreign, tell } from "./elements.js";
import { enter } from "./pages.js";
import { watchPlainReceipts } from "./plain-receipts.js";
import { showReceipts } from "./receipts.js";
import { SystemStatus } from "./status.js";

const AT_ONCE = 200;
/** @type {Act[]} */
const ACTS = ["collection", "alteration", "consultation", "disclosure", "combination", "erasure"];

asCards(at("entries"));
const reading = at("reading", HTMLFormElement);
const filters = at("filters", HTMLFormElement);
/** @type {AuditEntryView[]} */
let entries = [];
/** @type {Pick<AuditPage, "reasons" | "unopened" | "withheld">} */
let said = { reasons: {}, unopened: {}, withheld: [] };
/** How often something was asked for: what isn't the answer to the last question comes too late. */
let questions = 0;

/**
 * @param {number} first
 * @param {number} [most]
 * @returns {Promise<AuditPage | null>}
 */
async function read(first, most = AT_ONCE) {
  const wanted = new FormData(reading);
  const reason = String(wanted.get("reason") ?? "");
  const query = `after=${first - 1}&limit=${most}&reasons=${most > 1 && wanted.has("reasons")}`;
  /** @type {import("./api.js").Answer<AuditPage>} */
  const answer = await ask(`/audit?${query}`, { reason });
  tell(at("fault"), answer.told ? `Not read: ${answer.told}.` : "");
  return answer.content;
}

/** @param {number} first */
async function show(first) {
  const question = ++questions;
  const page = await read(Math.max(1, first));
  if (!page || question !== questions) return;
  entries = page.entries.reverse();
  said = page;
  const [newest, oldest] = [entries[0]?.number, entries.at(-1)?.number];
  firstField().value = String(oldest ?? first);
  tell(at("range"), newest ? `${oldest} to ${newest} of ${page.size}` : `none of ${page.size}`);
  list();
}

/** @param {number} by */
async function go(by) {
  const first = firstField().valueAsNumber;
  if (!Number.isNaN(first)) return show(first + by);
  const size = (await read(1, 1))?.size;
  if (size !== undefined) await show(size - AT_ONCE + 1);
}

function firstField() {
  const field = reading.elements.namedItem("first");
  if (!(field instanceof HTMLInputElement)) throw new Error("there is no first number");
  return field;
}

function list() {
  const wanted = new FormData(filters);
  const words = String(wanted.get("words") ?? "").toLowerCase();
  const fitting = entries.filter(
    (entry) =>
      (!wanted.get("act") || wanted.get("act") === entry.act) &&
      [entry.who, entry.why, reasonOf(entry), ...entry.records].some((each) =>
        each.toLowerCase().includes(words),
      ),
  );
  at("entries").replaceChildren(...fitting.map(row));
}

/** @param {AuditEntryView} entry */
function row(entry) {
  return element(
    "tr",
    "",
    element("td", "", String(entry.number)),
    element("td", "", element("time", "", timeText(new Date(entry.at_us / 1000).toISOString()))),
    element("td", "", foreign(entry.who), ` (${entry.roles.join(", ")})`),
    element("td", "", entry.act),
    element("td", "records", entry.records.join(", ")),
    element("td", "", entry.why),
    element("td", "", foreign(reasonOf(entry))),
  );
}

/**
 * The words of whoever did it. An entry has what stands for them, and its words if it is old.
 * @param {AuditEntryView} entry
 */
function reasonOf(entry) {
  if (said.withheld.includes(entry.number)) return "not asked for";
  if (entry.v === 1 || !entry.reason) return entry.reason;
  return said.reasons[entry.reason]?.text ?? said.unopened[entry.reason] ?? "not asked for";
}

function watch() {
  const select = filters.elements.namedItem("act");
  if (select instanceof HTMLSelectElement) for (const act of ACTS) select.add(new Option(act, act));
  filters.oninput = list;
  filters.onsubmit = (event) => event.preventDefault();
  reading.onsubmit = (event) => {
    event.preventDefault();
    go(0);
  };
  at("earlier").onclick = () => go(-AT_ONCE);
  at("later").onclick = () => go(AT_ONCE);
}

await enter();
// Nothing is followed here.
at("connection").hidden = true;
watch();
new SystemStatus().watch();
showReceipts();
watchPlainReceipts();
// Each reading is an entry: the first is the auditor's, with their reason, and not the page's.
tell(at("range"), "not read yet");
