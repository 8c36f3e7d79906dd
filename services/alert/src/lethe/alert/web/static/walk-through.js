// A walk-through: a volunteer passes every camera before a deployment goes live. Whatever is ticked
// off here has happened: alert tells it from its own logs (ADR 0068).

import { ask } from "./api.js";
import { timeText } from "./clock.js";
import { at, button, element, foreign, tell } from "./elements.js";
import { CameraSteps, mark } from "./walk-steps.js";

const EVERY_MS = 2_000;
const SOON_MS = 150;
const AGREED = "The volunteer has agreed, and knows: their image stays on the watchlist until that is erased or they are withdrawn; alerts about them are erased when this is over, after an hour at most.";

export class WalkThrough {
  /**
   * @param {string} deploymentId
   * @param {{ look: (camera: string) => void, open: (alertId: string) => void }} page
   */
  constructor(deploymentId, page) {
    this.path = `/deployments/${encodeURIComponent(deploymentId)}/walk-through`;
    this.page = page;
    /** @type {Map<string, CameraSteps>} */
    this.cameras = new Map();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.next = undefined;
    this.isClosed = false;
    this.told = element("p", "");
    this.told.setAttribute("role", "status");
    this.fault = element("p", "fault");
    this.fault.setAttribute("role", "alert");
    this.agreed = element("input", "");
    this.agreed.type = "checkbox";
    this.begin = button("Begin", () => this.send("", "POST", { agreed: true }), "first");
    this.agreed.onchange = () => this.fit();
    this.beginning = element("div", "agreement", element("label", "", this.agreed, ` ${AGREED}`), this.begin);
    this.passing = element("div", "passing");
    this.alerts = element("li", "");
    this.receipts = element("li", "");
    this.frames = element("li", "");
    this.erase = button("Erase them", () => this.send("/erasure", "POST"));
    this.conclude = button("Conclude and record", () => this.send("/conclusion", "POST"));
    this.ending = element(
      "div",
      "",
      element("h3", "", "Everything is erased"),
      element("ol", "", this.alerts, this.receipts, this.frames),
      element("div", "filters", this.erase, this.conclude),
    );
    this.place = at("walk-through");
    at("walk-title").replaceChildren("Walk-through of ", foreign(deploymentId));
    at("walk-body").replaceChildren(this.told, this.fault, this.beginning, this.passing, this.ending);
    at("walk-close").onclick = () => this.close();
    this.place.hidden = false;
    this.fit();
    this.read();
    at("walk-title").focus();
  }

  /** Asks soon: something happened to an alert. */
  changed() {
    this.again(SOON_MS);
  }

  close() {
    this.isClosed = true;
    clearTimeout(this.next);
    this.place.hidden = true;
  }

  fit() {
    this.begin.disabled = !this.agreed.checked;
  }

  /** @param {number} ms */
  again(ms) {
    clearTimeout(this.next);
    if (!this.isClosed) this.next = setTimeout(() => this.read(), ms);
  }

  async read() {
    /** @type {import("./api.js").Answer<WalkView>} */
    const answer = await ask(this.path);
    this.take(answer);
    this.again(EVERY_MS);
  }

  /**
   * @param {string} rest
   * @param {string} method
   * @param {object} [body]
   */
  async send(rest, method, body) {
    const buttons = [this.begin, this.erase, this.conclude];
    for (const each of buttons) each.disabled = true;
    /** @type {import("./api.js").Answer<WalkView>} */
    const answer = await ask(this.path + rest, { method, body });
    for (const each of buttons) each.disabled = false;
    if (answer.content) this.agreed.checked = false;
    this.fit();
    this.take(answer, "Not done");
  }

  /**
   * @param {import("./api.js").Answer<WalkView>} answer
   * @param {string} [failed]
   */
  take({ content, told }, failed = "Not as it is now") {
    // What went wrong stays until something goes well that somebody asked for.
    if (told) tell(this.fault, `${failed}: ${told}.`);
    else if (failed === "Not done" || this.fault.textContent?.startsWith("Not as")) tell(this.fault, "");
    if (content && !this.isClosed) this.show(content);
  }

  /** @param {WalkView} walk */
  show(walk) {
    const isUnderWay = walk.begun_at !== null && !walk.is_over;
    tell(this.told, standingText(walk));
    this.beginning.hidden = isUnderWay;
    this.ending.hidden = walk.begun_at === null;
    for (const each of [this.erase, this.conclude]) each.hidden = !isUnderWay;
    this.passing.hidden = walk.begun_at === null;
    for (const told of walk.cameras) this.stepsOf(told.camera_id).update(told, walk.arrives_within_ms);
    this.passing.dataset.over = String(walk.is_over);
    this.showDeletion(walk.deletion);
  }

  /** @param {string} cameraId */
  stepsOf(cameraId) {
    const known = this.cameras.get(cameraId);
    if (known) return known;
    const made = new CameraSteps(cameraId, {
      look: this.page.look,
      open: this.page.open,
      frame: (id) => this.send(`/cameras/${encodeURIComponent(id)}`, "PUT", { framed: true }),
    });
    this.cameras.set(cameraId, made);
    this.passing.append(made.place);
    return made;
  }

  /** @param {DeletionView} told */
  showDeletion({ alerts, erased, receipted, as_of: at, oldest_ms: oldestMs, is_confirmed: isConfirmed }) {
    // What is to be done next stands out.
    const isErased = alerts > 0 && erased === alerts;
    this.erase.classList.toggle("first", !isErased);
    this.conclude.classList.toggle("first", isErased);
    mark(this.alerts, erased === alerts, `${erased} of ${alerts} alerts about the volunteer are erased`);
    mark(this.receipts, receipted === alerts, `${receipted} of them have their receipt; purge signs them within seconds`);
    const age = oldestMs === null ? "no frame so far" : `the oldest frame of the last minutes became ${oldestMs} ms old`;
    mark(this.frames, isConfirmed, at === null ? "Receipts of frames: none yet" : `Receipts of ${timeText(at)}: ${age}`);
  }
}

/** @param {WalkView} walk */
function standingText({ status, volunteers, begun_at: begunAt, begun_by: by, is_over: isOver, cameras }) {
  const passed = cameras.filter((each) => each.lack === null).length;
  const listed = volunteers === 1 ? "One volunteer is searched for." : `${volunteers} volunteers are searched for.`;
  if (begunAt === null) return `The deployment is ${status}. ${listed} Nobody has begun one.`;
  const begun = `begun by ${by}, ${timeText(begunAt)}`;
  if (isOver) return `Concluded and recorded; it was ${begun}. Another may be begun.`;
  return `Under way, ${begun}: ${passed} of ${cameras.length} cameras have passed. ${listed}`;
}
