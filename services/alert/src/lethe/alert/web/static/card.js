// One alert on the page.

import { Decision } from "./decision.js";
import { element } from "./elements.js";

const SLOW_MS = 5_000;
const time = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });

export class AlertCard {
  constructor(alert, isLate) {
    this.sequence = alert.sequence;
    this.capturedMs = Date.parse(alert.captured_at);
    this.subject = element("h2", "subject", alert.subject);
    this.subject.id = `alert-${alert.alert_id}`;
    if (isLate || alert.latency_ms > SLOW_MS) {
      this.subject.append(element("span", "late", "late"));
    }
    this.age = element("span", "beside");
    this.sightings = element("dd");
    this.probe = element("div", "picture");
    this.reference = element("div", "picture");
    this.advice = element("p", "advice", "A possible match. You decide.");
    this.decision = new Decision(alert.alert_id, (decided) => this.update(decided));
    const article = element(
      "article",
      "alert",
      element(
        "div",
        "pictures",
        figure("From camera", this.probe),
        figure("From watchlist", this.reference),
      ),
      element(
        "div",
        "facts",
        this.subject,
        this.advice,
        this.facts(alert),
        this.decision.item,
      ),
    );
    article.setAttribute("aria-labelledby", this.subject.id);
    this.item = element("li", "", article);
    if (!alert.erased) {
      const address = `/api/v1/alerts/${encodeURIComponent(alert.alert_id)}`;
      show(this.probe, `${address}/probe`, `Face seen by camera ${alert.camera_id}`);
      show(this.reference, `${address}/reference`, `Watchlist image of ${alert.subject}`);
    }
    this.update(alert);
  }

  facts(alert) {
    const captured = new Date(this.capturedMs);
    const at = element("time", "", time.format(captured));
    at.dateTime = alert.captured_at;
    at.title = day.format(captured);
    const list = element("dl", "");
    add(list, "Camera", alert.camera_id);
    add(list, "Time", at, " ", this.age);
    add(
      list,
      "Score",
      alert.score.toFixed(2),
      element("span", "beside", ` threshold ${alert.threshold.toFixed(2)}`),
      element("span", "beside", ` · cosine ${alert.cosine.toFixed(2)}`),
    );
    list.append(element("dt", "", "Seen"), this.sightings);
    if (alert.candidates.length) {
      const others = alert.candidates.map((c) => `${c.subject} (${c.score.toFixed(2)})`);
      add(list, "Also listed", others.join(", "));
    }
    return list;
  }

  update(alert) {
    const last = time.format(new Date(alert.last_sighting_at));
    this.sightings.textContent =
      alert.sightings > 1 ? `${alert.sightings} times, last at ${last}` : "once";
    this.advice.hidden = Boolean(alert.adjudication);
    this.decision.update(alert);
    if (alert.erased) {
      blank(this.probe, "Erased");
      blank(this.reference, "Erased");
    }
  }

  tick(nowMs) {
    const text = `(${ageText(nowMs - this.capturedMs)})`;
    if (this.age.textContent !== text) this.age.textContent = text;
  }
}

function figure(caption, picture) {
  return element("figure", "", element("figcaption", "", caption), picture);
}

function add(list, term, ...description) {
  list.append(element("dt", "", term), element("dd", "", ...description));
}

function show(place, address, text) {
  const image = element("img");
  image.alt = text;
  image.onerror = () => blank(place, "Not available");
  image.src = address;
  place.replaceChildren(image);
}

function blank(place, text) {
  // Without its source the browser can let go of the decoded picture.
  place.querySelector("img")?.removeAttribute("src");
  place.replaceChildren(text);
}

function ageText(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s ago`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ago` : `${Math.floor(hours / 24)} days ago`;
}
