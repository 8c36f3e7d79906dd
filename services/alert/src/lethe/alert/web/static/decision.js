// What an officer decided about one alert, and the buttons to decide with.

import { element } from "./elements.js";

const VERDICTS = { true_alert: "True alert", false_alert: "False alert" };

export class Decision {
  // `decided(alert)` is told of the alert as it is after a decision was taken here.
  constructor(alertId, decided) {
    this.address = `/api/v1/alerts/${encodeURIComponent(alertId)}/adjudications`;
    this.decided = decided;
    this.told = element("p", "adjudicated");
    this.fault = element("p", "fault");
    this.fault.setAttribute("role", "alert");
    this.engaged = element("input");
    this.engaged.type = "checkbox";
    const label = element("label", "", this.engaged, " after an engagement");
    this.choice = element(
      "p",
      "choice",
      button("True alert", () => this.send("true_alert")),
      button("False alert", () => this.ask(true)),
      label,
    );
    this.question = element(
      "p",
      "choice",
      "Erase its picture for good? ",
      button("Erase it", () => this.send("false_alert")),
      button("Keep it", () => this.ask(false)),
    );
    this.item = element("div", "decision", this.told, this.choice, this.question, this.fault);
    this.ask(false);
  }

  update(alert) {
    const made = alert.adjudication;
    const isFalse = made?.verdict === "false_alert";
    this.told.textContent = made ? described(made) : "";
    if (isFalse) this.choice.replaceChildren();
    if (isFalse) this.question.replaceChildren();
  }

  ask(isAsking) {
    this.choice.hidden = isAsking;
    this.question.hidden = !isAsking;
    this.fault.textContent = "";
  }

  async send(verdict) {
    this.ask(false);
    const decision = { verdict, confirmed: this.engaged.checked };
    try {
      const answer = await fetch(this.address, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(decision),
      });
      const content = await answer.json();
      if (answer.ok) this.decided(content);
      else this.fault.textContent = `Not recorded: ${content.detail}`;
    } catch {
      this.fault.textContent = "Not recorded: the service doesn't answer. Try again.";
    }
  }
}

function button(text, act) {
  const made = element("button", "", text);
  made.type = "button";
  made.onclick = act;
  return made;
}

function described(made) {
  const basis = made.confirmed ? "confirmed" : "unconfirmed";
  return `${VERDICTS[made.verdict]}, ${basis}, says ${made.officer}.`;
}
