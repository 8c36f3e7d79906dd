// A watchlist's table: which columns it has, what each may hold, and the rows as alert takes them.
// Whatever is said here is said by `lethe watchlist import` too; a test compares both.

import { UnusableTable, decode, delimiterOf, readCsv } from "./csv.js";

export const MOST_SUBJECTS = 100_000;

/**
 * @typedef {object} Column
 * @property {string} told what it holds
 * @property {boolean} [isNeeded]
 * @property {(cell: string) => unknown} [read] makes a detail of a cell; throws what to write
 */

/** @type {Record<string, Column>} */
export const COLUMNS = {
  reference_number: { told: "what your records call the subject; each once", isNeeded: true },
  name: { told: "a name or an alias", isNeeded: true },
  category: { told: "one of the watchlist's categories", isNeeded: true },
  grounds: { told: "why the subject is on the list", isNeeded: true },
  images: { told: "image files in the folder, with ; between them", isNeeded: true },
  instructions: { told: "what an officer is to do" },
  warning_markers: { told: "with ; between them", read: several },
  conditions: { told: "what an officer checks" },
  is_child: { told: "yes or no", read: truth },
  is_vulnerable: { told: "yes or no", read: truth },
  image_origin: { told: "custody or other", read: origin },
  image_note: { told: "where the images come from" },
  review_on: { told: "when somebody looks again, as 2026-12-31", read: day },
  expires_on: { told: "the last day on the list, as 2026-12-31", read: day },
};

/**
 * @typedef {object} Row
 * @property {number} line
 * @property {string} number
 * @property {string[]} images
 * @property {Record<string, unknown>} details as the API takes them
 * @property {string} fault why nothing of it can be taken; empty if it can
 *
 * @typedef {{ rows: Row[], delimiter: string, isUtf8: boolean, images: number }} Table
 */

/**
 * @param {ArrayBuffer} bytes
 * @returns {Table}
 */
export function readTable(bytes) {
  const { text, isUtf8 } = decode(bytes);
  const delimiter = delimiterOf(text);
  const lines = readCsv(text, delimiter);
  const names = headerOf(lines.next().value?.cells ?? []);
  /** @type {Map<string, number>} */
  const known = new Map();
  /** @type {Row[]} */
  const rows = [];
  for (const line of lines) {
    if (!line.cells.some((cell) => cell.trim())) continue;
    rows.push(rowOf(line, names, known));
    if (rows.length > MOST_SUBJECTS) throw new UnusableTable("it has more than 100,000 rows: an order takes no more");
  }
  if (rows.length === 0) throw new UnusableTable("it lists nobody: write a row for each subject");
  const images = rows.reduce((sum, row) => sum + row.images.length, 0);
  return { rows, delimiter, isUtf8, images };
}

/** @param {string[]} cells */
function headerOf(cells) {
  const names = cells.map((cell) => cell.trim().toLowerCase().replaceAll(" ", "_"));
  const missing = Object.keys(COLUMNS).filter((name) => COLUMNS[name]?.isNeeded && !names.includes(name));
  const unknown = names.find((name) => !Object.hasOwn(COLUMNS, name));
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (missing.length) throw new UnusableTable(`it has no column ${missing.join(", ")} in its first line`);
  if (unknown !== undefined) throw new UnusableTable(`it has a column ${unknown || "without a name"}`);
  if (twice !== undefined) throw new UnusableTable(`it has two columns ${twice}`);
  return names;
}

/**
 * @param {import("./csv.js").Line} line
 * @param {string[]} names
 * @param {Map<string, number>} known on which line each reference number stands first
 * @returns {Row}
 */
function rowOf({ line, cells }, names, known) {
  const said = new Map(names.map((name, place) => [name, (cells[place] ?? "").trim()]));
  const number = said.get("reference_number") ?? "";
  const row = { line, number, images: several(said.get("images") ?? ""), details: {}, fault: "" };
  if (cells.length !== names.length) {
    const told = `${cells.length} cells where the first line has ${names.length}`;
    return { ...row, fault: `${told}: put a cell that holds a comma in quotation marks` };
  }
  const { details, faults } = detailsOf(said);
  if (faults.length) return { ...row, fault: faults.join("; ") };
  const first = known.get(number.toLowerCase());
  if (first !== undefined) return { ...row, fault: `reference_number: line ${first} has it already` };
  known.set(number.toLowerCase(), line);
  return { ...row, details };
}

/** @param {Map<string, string>} said */
function detailsOf(said) {
  /** @type {Record<string, unknown>} */
  const details = {};
  /** @type {string[]} */
  const faults = [];
  for (const [name, { told, isNeeded, read }] of Object.entries(COLUMNS)) {
    const cell = said.get(name) ?? "";
    try {
      if (isNeeded && !cell) faults.push(`${name} is missing: ${told}`);
      else if (name !== "images") details[name] = read ? read(cell) : cell;
    } catch (wrong) {
      faults.push(`${name}: ${wrong instanceof Error ? wrong.message : wrong}`);
    }
  }
  return { details, faults };
}

/** @param {string} cell */
function several(cell) {
  return cell.split(";").map((each) => each.trim()).filter(Boolean);
}

/** @param {string} cell */
function truth(cell) {
  const said = cell.toLowerCase();
  if (["yes", "y", "true", "1"].includes(said)) return true;
  if (["no", "n", "false", "0", ""].includes(said)) return false;
  throw new Error("write yes or no");
}

/** @param {string} cell */
function day(cell) {
  if (!cell) return null;
  const date = new Date(`${cell}T00:00:00Z`);
  if (!Number.isNaN(date.getTime()) && date.toISOString().startsWith(`${cell}T`)) return cell;
  throw new Error("write a date as 2026-12-31");
}

/** @param {string} cell */
function origin(cell) {
  const said = cell.toLowerCase() || "other";
  if (said === "custody" || said === "other") return said;
  throw new Error("write custody or other");
}
