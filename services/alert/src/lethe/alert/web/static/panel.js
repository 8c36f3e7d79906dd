// One alert, filling the screen of a phone.

import { Actions } from "./actions.js";
import { ask, ofAlert } from "./api.js";
import { ageText, timeText } from "./clock.js";
import { element, foreign, tell } from "./elements.js";
import { Picture } from "./picture.js";
import { sightingsOf } from "./sightings.js";
import { SubjectPart } from "./subject.js";
import { HEADINGS, isClosed, isDecided, judgementText, losesName } from "./words.js";

const ADVICE = "A possible match, no identification. An alert alone is no ground to act: look, ask, decide.";

const WITHDRAWN =
  "Withdrawn: this person was found, or listed in error. Nobody is looked for under this name any more. Don't act on it; if somebody is going, tell them.";

const REHEARSAL =
  "A rehearsal, about a volunteer of your own: nobody is sought, stop nobody. Press I'm going, so that the desk sees that it has reached you.";

export class AlertPanel {
  /**
   * @param {AlertView} alert
   * @param {import("./actions.js").Page & { isLate: boolean }} page
   */
  constructor(alert, page) {
    this.alert = alert;
    this.probe = new Picture("From the camera");
    this.references = referencesOf(alert);
    this.figure = new Picture("Upper body; other faces are covered");
    this.pictures = [this.probe, ...this.references, this.figure];
    this.subject = new SubjectPart();
    this.actions = new Actions(page);
    this.age = element("span", "age");
    this.late = element("span", "late", "Late");
    this.late.hidden = !page.isLate;
    this.when = element("span", "when", this.late, " ", this.age);
    this.advice = element("p", "advice");
    // A withdrawal comes while somebody is looking.
    this.advice.setAttribute("role", "status");
    this.facts = element("dl", "");
    this.handled = element("ul", "handled");
    this.sightings = element("div", "");
    this.body = element(
      "div",
      "panel-body",
      facesOf(this.probe, this.references),
      this.subject.head,
      this.advice,
      this.subject.told,
      element("div", "seen", this.figure.figure, this.facts),
      this.handled,
      this.sightings,
    );
    this.parts = [this.body, this.actions.bar];
    if (!isClosed(alert)) this.load(alert);
    this.update(alert);
  }

  /** @param {AlertView} alert */
  async load(alert) {
    const id = alert.alert_id;
    const [closest, ...further] = this.references;
    this.probe.show(ofAlert(id, "/probe"), "Face seen by the camera");
    closest?.show(ofAlert(id, "/reference"), "Face on the watchlist");
    this.figure.show(ofAlert(id, "/figure"), "Upper body seen by the camera");
    further.forEach((picture, index) => {
      const place = index + 2;
      picture.show(ofAlert(id, `/reference?place=${place}`), `Face on the watchlist, image ${place}`);
    });
    /** @type {import("./api.js").Answer<AlertedSubject>} */
    const answer = await ask(ofAlert(alert.alert_id, "/subject"));
    // It may have been closed since, or the watchlist erased.
    if (isClosed(this.alert) || losesName(alert, this.alert)) return;
    if (answer.content) this.subject.show(answer.content);
    else this.subject.showFault(answer.told ?? "");
  }

  /** @param {AlertView} alert */
  update(alert) {
    const before = this.alert;
    this.alert = alert;
    if (isClosed(alert)) this.blank(alert);
    else if (losesName(before, alert)) this.forgetSubject(alert);
    else this.subject.showName(alert.subject);
    tell(this.advice, adviceOf(alert));
    this.advice.dataset.withdrawn = String(alert.withdrawn);
    this.advice.dataset.rehearsal = String(alert.rehearsal);
    this.advice.hidden = isDecided(alert);
    this.facts.replaceChildren(...factsOf(alert));
    this.handled.replaceChildren(...handledOf(alert).map((text) => element("li", "", text)));
    this.sightings.replaceChildren(...sightingsOf(alert));
    this.actions.update(alert);
    this.tick();
  }

  /**
   * Takes away whatever tells who this is about.
   * @param {AlertView} alert
   */
  blank({ erased }) {
    for (const picture of this.pictures) picture.blank(erased ? "Erased" : "Taken away");
    this.subject.blank(erased ? "This alert is erased" : "A false alert: it is being erased");
  }

  /**
   * Takes away what the watchlist told: it is erased before the alert is.
   * @param {AlertView} alert
   */
  forgetSubject(alert) {
    for (const picture of this.references) picture.blank("Erased");
    this.subject.blank("");
    this.subject.showName(alert.subject);
    this.subject.showFault("the watchlist is erased");
  }

  tick() {
    tell(this.age, ageText(this.alert.captured_at));
  }

  close() {
    for (const picture of this.pictures) picture.blank();
    this.actions.close();
  }
}

/**
 * The images of its subject, the one that the face resembled first.
 * @param {AlertView} alert
 */
function referencesOf({ references }) {
  // A closed alert tells of none, and has a place for one.
  const count = Math.max(1, references);
  const captions = count > 1 ? ["Watchlist: closest", "Watchlist: second", "Watchlist: third"] : ["From the watchlist"];
  return captions.slice(0, count).map((caption) => new Picture(caption));
}

/**
 * The face from the camera, which stays where it is, and beside it what it is held against.
 * @param {Picture} probe
 * @param {Picture[]} references
 */
function facesOf(probe, references) {
  const faces = element("div", "pictures", ...[probe, ...references].map((each) => each.figure));
  faces.dataset.several = String(references.length > 1);
  if (references.length > 1) {
    // Where there is no room for all of them, the others are moved past the face.
    faces.tabIndex = 0;
    faces.setAttribute("role", "group");
    faces.setAttribute("aria-label", `The face, and ${references.length} images from the watchlist`);
  }
  return faces;
}

/** @param {AlertView} alert */
function adviceOf({ rehearsal, withdrawn }) {
  if (withdrawn) return WITHDRAWN;
  return rehearsal ? REHEARSAL : ADVICE;
}

/** @param {AlertView} alert */
function factsOf(alert) {
  return [
    ...fact("Camera", foreign(alert.camera_id)),
    ...(alert.zone ? fact("Zone", foreign(alert.zone)) : []),
    ...(alert.area ? fact("Area", foreign(alert.area)) : []),
    ...fact("Time", timeText(alert.captured_at)),
    ...(alert.heading ? fact("Going", HEADINGS[alert.heading]) : []),
    ...fact("Seen", timesText(alert)),
    ...scoreOf(alert),
    ...alert.candidates.flatMap(otherOf),
  ];
}

/** @param {AlertView} alert */
function timesText({ sightings, last_sighting_at: last }) {
  return sightings > 1 ? `${sightings} times, last at ${timeText(last)}` : "once";
}

/** @param {AlertView} alert */
function scoreOf({ score, threshold }) {
  if (score === null) return [];
  return fact("Score", `${score.toFixed(2)}, the order's threshold is ${threshold.toFixed(2)}`);
}

/** @param {CandidateView} other */
function otherOf(other) {
  const withdrawn = other.withdrawn ? ", withdrawn" : "";
  return fact("Also similar", foreign(other.subject), ` (score ${other.score.toFixed(2)}${withdrawn})`);
}

/**
 * @param {string} term
 * @param {...(Node | string)} description
 */
function fact(term, ...description) {
  return [element("dt", "", term), element("dd", "", ...description)];
}

/** @param {AlertView} alert */
function handledOf({ acknowledged, claim, judgements }) {
  const { operator, engagement_officer: officer } = judgements;
  return [
    ...(acknowledged ? [`Acknowledged by ${acknowledged.officer}, ${timeText(acknowledged.at)}`] : []),
    ...(claim ? [`${claim.officer} is going, since ${timeText(claim.at)}`] : []),
    ...(operator ? [`${judgementText(operator)}: operator ${operator.officer}`] : []),
    ...(officer ? [`${judgementText(officer)}: ${officer.officer}`] : []),
  ];
}
