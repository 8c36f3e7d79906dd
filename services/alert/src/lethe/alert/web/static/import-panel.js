// The form of an import: what is chosen, how far it has come, and what was rejected and why.

import { durationText } from "./clock.js";
import { UnusableTable } from "./csv.js";
import { at, button, element, tell } from "./elements.js";
import { countedText, reportTable, reportText } from "./import-report.js";
import { Import } from "./importing.js";
import { Photographs } from "./photographs.js";
import { readTable } from "./table.js";
import { Declined, Stopped, WatchlistApi } from "./watchlist-api.js";

const EVERY_MS = 250;
const FEWEST_FOR_A_RATE = 3;

const form = at("import-form", HTMLFormElement);
const start = at("import-start", HTMLButtonElement);
const halt = at("import-stop", HTMLButtonElement);
const bar = at("import-bar", HTMLProgressElement);
/** Whether somebody typed the id: of the next import if one is through. */
let isTyped = false;

export function watchImport() {
  form.onsubmit = (event) => {
    event.preventDefault();
    begin();
  };
  form.addEventListener("input", (event) => {
    if (event.target === field("id")) isTyped = field("id").value !== "";
    if (event.target === field("table")) suggestId();
  });
  // Somebody quick has typed or chosen a table before this was there.
  isTyped = field("id").value !== "";
  suggestId();
  start.disabled = false;
}

/** @param {string} name */
function field(name) {
  const found = form.elements.namedItem(name);
  if (!(found instanceof HTMLInputElement)) throw new Error(`there is no field ${name}`);
  return found;
}

/** As the command does: a watchlist is called as the table's file, unless it is named. */
function suggestId() {
  const [file] = field("table").files ?? [];
  const name = file?.name.replace(/\.[^.]*$/, "") ?? "";
  if (!isTyped) field("id").value = new RegExp(`^(?:${field("id").pattern})$`).test(name) ? name : "";
}

async function begin() {
  const [file] = field("table").files ?? [];
  if (!file) return;
  const stop = new AbortController();
  halt.onclick = () => stop.abort();
  busy(true);
  say("Reading the table", "");
  at("import-report").replaceChildren();
  try {
    const table = readTable(await file.arrayBuffer());
    tell(at("import-note"), table.isUtf8 ? "" : "The table isn't UTF-8: read as Windows-1252. Look at its accents.");
    const api = new WatchlistApi(field("id").value, stop.signal);
    const work = new Import(api, table.rows, new Photographs(field("images").files ?? []));
    await go(work, table);
  } catch (error) {
    say("", `Not imported: ${whyOf(error)}.`);
  } finally {
    stop.abort();
    busy(false);
  }
}

/**
 * @param {Import} work
 * @param {import("./table.js").Table} table
 */
async function go(work, table) {
  const began = performance.now();
  const showing = setInterval(() => progress(work, table.images, began), EVERY_MS);
  try {
    const listed = await work.run({ name: field("name").value, purpose: field("purpose").value });
    const rest = work.faults.length ? ` ${countedText(work.faults)}.` : "";
    isTyped = false;
    say(`${listed} of ${table.rows.length} subjects are on ${work.api.watchlistId}.${rest}`, "");
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    say(`Stopped after ${work.done} of ${table.images} images. The same import goes on with what is missing.`, "");
  } finally {
    clearInterval(showing);
    bar.value = work.done;
    report(work, table.delimiter);
  }
}

/**
 * @param {Import} work
 * @param {number} images
 * @param {number} began
 */
function progress({ done, sent }, images, began) {
  [bar.max, bar.value] = [Math.max(1, images), done];
  const tookMs = performance.now() - began;
  let pace = "";
  if (done >= FEWEST_FOR_A_RATE) {
    const left = durationText((tookMs / done) * (images - done));
    pace = `, ${(sent / (tookMs / 1_000)).toFixed(1)} sent a second, about ${left} left`;
  }
  say(`${done} of ${images} images${pace}`, "");
}

/**
 * @param {Import} work
 * @param {string} delimiter
 */
function report({ faults, api }, delimiter) {
  if (faults.length === 0) return;
  const save = button("Save the report", () => {
    saveAs(`${api.watchlistId}.report.csv`, reportText(faults, delimiter));
  });
  const scrolls = element("div", "scrolls", ...reportTable(faults));
  scrolls.tabIndex = 0;
  scrolls.setAttribute("role", "region");
  scrolls.setAttribute("aria-label", "Rejected and flagged");
  at("import-report").replaceChildren(element("h3", "", "Rejected and flagged"), scrolls, save);
}

/**
 * @param {string} name
 * @param {string} text
 */
function saveAs(name, text) {
  const link = element("a", "");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

/** @param {boolean} isBusy */
function busy(isBusy) {
  for (const each of form.elements) {
    if (each instanceof HTMLInputElement) each.disabled = isBusy;
  }
  start.hidden = isBusy;
  halt.hidden = !isBusy;
  bar.hidden = !isBusy && bar.value === 0;
  // What had the focus is hidden; a keyboard goes on here.
  (isBusy ? halt : start).focus();
}

/**
 * @param {string} told
 * @param {string} fault
 */
function say(told, fault) {
  tell(at("import-told"), told);
  tell(at("import-fault"), fault);
}

/** @param {unknown} error */
function whyOf(error) {
  if (error instanceof UnusableTable || error instanceof Declined) return error.message;
  return "the table or an image can't be read";
}
