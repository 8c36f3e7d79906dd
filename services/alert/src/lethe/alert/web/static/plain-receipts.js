// Receipts in plain words, a page of a log at a time, and whether the log holds.

import { ask } from "./api.js";
import { asCards } from "./cards.js";
import { timeText } from "./clock.js";
import { at, element, foreign, tell } from "./elements.js";

const AT_ONCE = 100;
const NOT_VERIFIED = "Not verified by this page.";

/** @type {ReceiptPage | null} */
let shown = null;
/** How often something was asked for: what isn't the answer to the last question comes too late. */
let questions = 0;

export function watchPlainReceipts() {
  asCards(at("receipts"));
  const wanted = at("receipts-wanted", HTMLFormElement);
  wanted.onchange = () => show(0);
  wanted.onsubmit = (event) => event.preventDefault();
  at("newest-receipts").onclick = () => show(0);
  at("older-receipts").onclick = () => show(shown?.receipts.at(-1)?.number ?? 0);
  at("verify").onclick = verify;
  show(0);
}

/** @param {number} before */
async function show(before) {
  const question = ++questions;
  const wanted = new FormData(at("receipts-wanted", HTMLFormElement));
  const asked = new URLSearchParams({
    log: String(wanted.get("log") ?? ""),
    slots: String(wanted.get("slots")),
    before: String(before),
    limit: String(AT_ONCE),
  });
  /** @type {import("./api.js").Answer<ReceiptPage>} */
  const answer = await ask(`/receipts/entries?${asked}`);
  if (question !== questions) return;
  tell(at("receipts-fault"), answer.told ? `Not shown: ${answer.told}.` : "");
  if (!answer.content) return;
  if (shown?.log.origin !== answer.content.log.origin) tell(at("verified"), NOT_VERIFIED);
  shown = answer.content;
  offer(shown);
  const { key, receipts, is_first: isFirst } = shown;
  tell(at("receipts-key"), `Signed with the key ${key.name}. Its fingerprint (SHA-256): ${key.fingerprint}`);
  at("receipts").replaceChildren(...receipts.map(row));
  at("older-receipts", HTMLButtonElement).disabled = isFirst;
}

/** @param {ReceiptPage} page */
function offer({ log, logs }) {
  const select = at("receipts-wanted", HTMLFormElement).elements.namedItem("log");
  if (!(select instanceof HTMLSelectElement)) return;
  const options = logs.map((each) => {
    return new Option(`Begun ${timeText(each.begun_at)}, ${each.origin.split("/").at(-2)}`, each.origin);
  });
  select.replaceChildren(...options);
  select.value = log.origin;
}

/** @param {ReceiptView} receipt */
function row({ number, at: made, sentence }) {
  return element(
    "tr",
    "",
    element("td", "", String(number)),
    element("td", "", element("time", "", timeText(made))),
    element("td", "says", foreign(sentence)),
  );
}

async function verify() {
  if (!shown) return;
  const button = at("verify", HTMLButtonElement);
  button.disabled = true;
  tell(at("verified"), "Verifying");
  const asked = new URLSearchParams({ log: shown.log.origin });
  /** @type {import("./api.js").Answer<VerificationView>} */
  const answer = await ask(`/receipts/verification?${asked}`);
  button.disabled = false;
  const { content } = answer;
  tell(at("verified"), content ? verdict(content) : `Not verified: ${answer.told}.`);
}

/** @param {VerificationView} found */
function verdict({ entries, refuted, pinned, remarks }) {
  if (refuted) return `Refuted: ${refuted}.`;
  const orders = Object.entries(pinned).map(([name, isThis]) => {
    if (isThis === null) return `The order of ${name} names no key.`;
    return `The order of ${name} names ${isThis ? "this key" : "another key"}.`;
  });
  const holds = `All ${entries} receipts of this log hold.`;
  return [holds, ...orders, ...remarks.map((each) => `Note: ${each}.`)].join(" ");
}
