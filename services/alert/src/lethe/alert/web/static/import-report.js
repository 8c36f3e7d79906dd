// What an import rejected or flagged: a table on the page, and a file for spreadsheets.

import { element, foreign } from "./elements.js";

/**
 * @typedef {"image rejected" | "row rejected" | "flagged"} ImportVerdict
 *
 * @typedef {object} Fault
 * @property {number} line
 * @property {string} number
 * @property {string} image empty for a row
 * @property {ImportVerdict} verdict
 * @property {string} why
 */

const HEADER = ["line", "reference_number", "image", "verdict", "why"];
const SHOWN = ["Line", "Reference number", "Image", "Verdict", "Why"];
const MOST_SHOWN = 200;
/** Where a formula would begin: also within a cell, for who separates columns otherwise. */
const FORMULA = /(?:^|(?<=[,;]))(?=\s*[=+\-@])/g;

/** @param {Fault[]} faults */
export function reportTable(faults) {
  const head = SHOWN.map((text) => {
    const made = element("th", "", text);
    made.scope = "col";
    return made;
  });
  const rows = inOrder(faults)
    .slice(0, MOST_SHOWN)
    .map((fault) => element("tr", "", ...cellsOf(fault).map((cell) => element("td", "", foreign(cell)))));
  const left = faults.length - rows.length;
  const table = element("table", "", element("thead", "", element("tr", "", ...head)), element("tbody", "", ...rows));
  return [table, ...(left > 0 ? [element("p", "quiet", `and ${left} more, which the file holds`)] : [])];
}

/**
 * The same as CSV; nothing in it is a formula to a spreadsheet.
 * @param {Fault[]} faults
 * @param {string} delimiter the table's: its users' programs separate columns so
 */
export function reportText(faults, delimiter) {
  const rows = inOrder(faults).map((fault) => cellsOf(fault).map((cell) => cell.replace(FORMULA, "'")));
  const lines = [HEADER, ...rows].map((cells) => cells.map(quoted).join(delimiter));
  // With its mark, or spreadsheets read it as another encoding.
  return `\ufeff${lines.join("\r\n")}\r\n`;
}

/** @param {Fault[]} faults */
export function countedText(faults) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { verdict } of faults) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  return [...counts].sort().map(([verdict, count]) => `${verdict}: ${count}`).join(", ");
}

/** @param {Fault[]} faults */
function inOrder(faults) {
  return [...faults].sort((one, other) => one.line - other.line);
}

/** @param {Fault} fault */
function cellsOf({ line, number, image, verdict, why }) {
  // Without what would move a cursor or break a line.
  return [String(line || ""), number, image, verdict, why].map((cell) => cell.replace(/\p{Cc}+/gu, " "));
}

/** @param {string} cell */
function quoted(cell) {
  return /[",;]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
