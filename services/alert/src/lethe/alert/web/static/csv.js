// Reading CSV strictly, as `lethe watchlist import` does: what isn't CSV is refused, not guessed at.

const LONGEST_CELL = 131_072;

/** @typedef {{ line: number, cells: string[] }} Line on which a row ends, as editors count them */

/** A table that can't be used; the message says why, for people. */
export class UnusableTable extends Error {}

/**
 * @param {ArrayBuffer} bytes
 * @returns {{ text: string, isUtf8: boolean }}
 */
export function decode(bytes) {
  const [first, second] = new Uint8Array(bytes);
  const isWide = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (isWide) throw new UnusableTable("it is in UTF-16: save it as CSV in UTF-8");
  if (new Uint8Array(bytes).includes(0)) throw new UnusableTable("it is no text: save it as CSV in UTF-8");
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), isUtf8: true };
  } catch {
    // What spreadsheets still write.
    return { text: new TextDecoder("windows-1252").decode(bytes), isUtf8: false };
  }
}

/** @param {string} text */
export function delimiterOf(text) {
  const first = text.split(/[\r\n]/, 1)[0] ?? "";
  return first.split(";").length > first.split(",").length ? ";" : ",";
}

/**
 * @param {string} text
 * @param {string} delimiter
 * @returns {Generator<Line>}
 */
export function* readCsv(text, delimiter) {
  const cell = new RegExp(`"([^"]*(?:""[^"]*)*)"(?=[${delimiter}\\r\\n]|$)|([^"${delimiter}\\r\\n][^${delimiter}\\r\\n]*|)`, "y");
  const end = /\r\n|\r|\n|$/y;
  let line = 0;
  /** @type {string[]} */
  let cells = [];
  for (let place = 0; place < text.length || cells.length > 0; ) {
    cell.lastIndex = place;
    const found = cell.exec(text);
    if (!found || found[0].length > LONGEST_CELL) throw notCsv(line);
    place = cell.lastIndex;
    line += found[0].match(/\r\n|\r|\n/g)?.length ?? 0;
    cells.push(found[1]?.replaceAll('""', '"') ?? found[2] ?? "");
    if (text[place] === delimiter) {
      place += 1;
      continue;
    }
    end.lastIndex = place;
    if (!end.test(text)) throw notCsv(line);
    place = end.lastIndex;
    line += 1;
    yield { line, cells };
    cells = [];
  }
}

/** @param {number} before the line that ended last */
function notCsv(before) {
  return new UnusableTable(
    `it isn't CSV from line ${before + 1} on: look for a quotation mark that isn't closed, or a cell of more than 128 kB`,
  );
}
