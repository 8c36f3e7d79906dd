// Rows of a table as cards, where there is no room for columns: the style sheet lays them out.

/**
 * Has each cell say which column it is in, rows that come later as well. What a table is said to be
 * is said by roles too: without its layout not every browser takes it for one.
 * @param {HTMLElement} rows the body of the table
 */
export function asCards(rows) {
  const table = rows.closest("table");
  const [head] = table?.tHead?.rows ?? [];
  if (!table || !head) return;
  const columns = [...head.cells].map((each) => each.textContent ?? "");
  for (const each of head.cells) if (each.localName === "th") each.setAttribute("role", "columnheader");
  head.setAttribute("role", "row");
  for (const each of [table.tHead, rows]) each?.setAttribute("role", "rowgroup");
  table.setAttribute("role", "table");
  table.classList.add("cards");
  /** @param {Node} added */
  const name = (added) => {
    if (added instanceof HTMLTableRowElement) added.setAttribute("role", "row");
    const cells = added instanceof HTMLTableRowElement ? added.cells : [added];
    for (const cell of cells) if (cell instanceof HTMLTableCellElement) say(cell, columns);
  };
  const changes = new MutationObserver((seen) => seen.forEach((each) => each.addedNodes.forEach(name)));
  changes.observe(rows, { childList: true, subtree: true });
  [...rows.children].forEach(name);
}

/**
 * @param {HTMLTableCellElement} cell
 * @param {string[]} columns
 */
function say(cell, columns) {
  cell.dataset.column = columns[cell.cellIndex] ?? "";
  cell.setAttribute("role", cell.scope === "row" ? "rowheader" : "cell");
}
