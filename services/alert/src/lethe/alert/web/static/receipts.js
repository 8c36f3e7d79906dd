// Which receipts there are, and who has cosigned them.

import { ask } from "./api.js";
import { asCards } from "./cards.js";
import { at, element, foreign } from "./elements.js";

/** Called once. */
export async function showReceipts() {
  asCards(at("logs"));
  /** @type {import("./api.js").Answer<CheckpointsView>} */
  const answer = await ask("/receipts/checkpoints");
  const { logs, witnesses } = answer.content ?? { logs: [], witnesses: [] };
  at("logs").replaceChildren(
    ...logs.map(({ origin, size }) =>
      element("tr", "", element("td", "", foreign(origin)), element("td", "", String(size))),
    ),
  );
  const told = witnesses.map((each) => element("li", "", foreign(each.name), stateOf(each)));
  const none = answer.told ? `They can't be told: ${answer.told}.` : "None is named.";
  at("witnesses").replaceChildren(...(told.length ? told : [element("li", "quiet", none)]));
}

/** @param {WitnessState} witness */
function stateOf({ cosigned, fault }) {
  return `: ${cosigned} cosigned since the service began${fault ? `; not the last: ${fault}` : ""}`;
}
