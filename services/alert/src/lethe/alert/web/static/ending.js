// Ending a deployment at once: asked for once more, since nothing follows an end.

import { ask } from "./api.js";
import { button, element, foreign } from "./elements.js";

/** @param {string} deploymentId */
export function askToEnd(deploymentId) {
  const fault = element("p", "fault");
  fault.setAttribute("role", "alert");
  const dialog = element("dialog", "sheet");
  const end = button("End it", () => send(), "first");
  async function send() {
    end.disabled = true;
    const path = `/deployments/${encodeURIComponent(deploymentId)}/end`;
    const answer = await ask(path, { method: "POST" });
    end.disabled = false;
    if (answer.told) fault.textContent = `Not ended: ${answer.told}.`;
    else dialog.close();
  }
  dialog.append(
    element(
      "div",
      "question",
      element("h2", "", "End ", foreign(deploymentId), "?"),
      element("p", "", "Nothing is captured any more. It can't be taken back: to go on, another order has to be authorised."),
      fault,
      element("div", "buttons", button("Back", () => dialog.close()), end),
    ),
  );
  dialog.setAttribute("aria-label", "End a deployment");
  dialog.onclose = () => dialog.remove();
  document.body.append(dialog);
  dialog.showModal();
}
