// Dip sampling: some subjects of a watchlist, drawn by chance, that people hold against their records.

import { ask } from "./api.js";
import { button, element, foreign, tell } from "./elements.js";
import { Picture } from "./picture.js";
import { WatchlistApi } from "./watchlist-api.js";

const SUGGESTED = 20;
const MOST = 1_000;
/** @type {Record<Finding, string>} */
const FOUND = { passed: "found right", failed: "found wrong" };
const TOLD = [
  "reference_number", "category", "grounds", "instructions", "conditions",
  "warning_markers", "image_origin", "image_note", "review_on", "expires_on",
];

/** Whose subject is shown. @type {Sampling | null} */
let showing = null;

// Whoever doesn't see the page isn't shown anybody, and nobody stays on a page that was left open.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) showing?.forget();
});
document.addEventListener("lethe-hidden", () => showing?.forgetAll());

export class Sampling {
  /**
   * @param {string} watchlistId
   * @param {boolean} mayCheck
   */
  constructor(watchlistId, mayCheck) {
    this.path = `/watchlists/${encodeURIComponent(watchlistId)}`;
    this.watchlistId = watchlistId;
    this.mayCheck = mayCheck;
    /** Read once somebody looks. @type {ReferenceView[] | undefined} */
    this.references = undefined;
    this.told = element("p", "");
    this.told.setAttribute("role", "status");
    this.fault = element("p", "fault");
    this.fault.setAttribute("role", "alert");
    this.members = element("ul", "members");
    /** @type {MemberView[]} */
    this.drawn = [];
    /** The reference numbers of those that were looked at, by id. @type {Map<string, string>} */
    this.numbers = new Map();
    this.draw = element("button", "", "Draw");
    this.looked = element("div", "looked");
    /** How often somebody was asked for: who isn't the last comes too late. */
    this.looks = 0;
    /** Of whoever is looked at. @type {Picture[]} */
    this.pictures = [];
    this.place = element("div", "sample", element("h4", "", "Sample"), this.told, this.fault);
    if (mayCheck) this.place.append(this.drawing());
    this.place.append(this.members, this.looked);
    this.place.tabIndex = -1;
  }

  drawing() {
    const size = element("input", "");
    [size.type, size.min, size.max, size.valueAsNumber] = ["number", "1", String(MOST), SUGGESTED];
    size.required = true;
    const form = element("form", "filters", element("label", "", "Subjects in the sample ", size), this.draw);
    form.onsubmit = (event) => {
      event.preventDefault();
      this.send("/sample", { method: "POST", body: { size: size.valueAsNumber } });
    };
    return form;
  }

  show() {
    return this.send("/sample");
  }

  /**
   * @param {string} rest
   * @param {Parameters<typeof ask>[1]} [asked]
   */
  async send(rest, asked) {
    /** @type {import("./api.js").Answer<SampleView>} */
    const answer = await ask(this.path + rest, asked);
    tell(this.fault, answer.told ? `Not done: ${answer.told}.` : "");
    if (answer.content) this.take(answer.content);
    return answer.content;
  }

  /** @param {SampleView} sample */
  take({ subjects, drawn, passed, failed, unchecked, earlier, members }) {
    const before = earlier ? ` Samples of what it held before: ${earlier}.` : "";
    tell(
      this.told,
      `${drawn} of ${subjects} subjects drawn: ${passed} found right, ${failed} wrong, ${unchecked} not checked.${before}`,
    );
    // Where all are drawn there is nobody left to be.
    if (drawn >= subjects && document.activeElement === this.draw) this.place.focus();
    this.draw.disabled = drawn >= subjects;
    this.drawn = members;
    this.list();
  }

  list() {
    this.members.replaceChildren(...this.drawn.map((each) => this.item(each)));
  }

  /** @param {MemberView} member */
  item({ subject_id: id, result, checked_by: by }) {
    const found = result ? [` ${FOUND[result]} by `, foreign(by ?? "")] : [" not checked"];
    const look = button("Look", () => this.look(id));
    const number = this.numbers.get(id);
    look.setAttribute("aria-label", `Look at ${number ?? id}`);
    const name = number === undefined ? [foreign(id)] : [foreign(number), " (", foreign(id), ")"];
    return element("li", "", ...name, ...found, " ", look);
  }

  /** @param {string} id */
  async look(id) {
    const look = ++this.looks;
    const api = new WatchlistApi(this.watchlistId, new AbortController().signal);
    /** @type {import("./api.js").Answer<import("./watchlist-api.js").ListedSubject>} */
    const answer = await ask(`${this.path}/subjects/${encodeURIComponent(id)}`);
    if (look === this.looks) tell(this.fault, answer.told ? `Not shown: ${answer.told}.` : "");
    if (!answer.content) return;
    this.references ??= await api.changes(0);
    if (look !== this.looks) return;
    const pictures = this.references.filter((each) => each.subject_id === id && each.state === "enrolled");
    const name = element("h5", "", foreign(String(answer.content.name)));
    name.tabIndex = -1;
    if (showing === this) this.forget();
    else showing?.forgetAll();
    showing = this;
    this.numbers.set(id, String(answer.content.reference_number));
    this.list();
    this.looked.replaceChildren(name, this.shown(pictures), detailsOf(answer.content), ...this.findings(id, answer.content.revision));
    name.focus();
  }

  /** Takes away whoever is looked at, with their pictures. */
  forget() {
    for (const each of this.pictures) each.blank();
    this.pictures = [];
    this.looked.replaceChildren();
  }

  /** Takes away the reference numbers of those before, too. */
  forgetAll() {
    this.forget();
    this.numbers.clear();
    this.list();
  }

  /** @param {ReferenceView[]} references */
  shown(references) {
    this.pictures = references.map(({ reference_id: id }, place) => {
      const picture = new Picture(`Image ${place + 1} of ${references.length}`);
      picture.show(`${this.path}/references/${encodeURIComponent(id)}/image`, `Image ${place + 1} of the subject`);
      return picture;
    });
    return element("div", "pictures", ...this.pictures.map((each) => each.figure));
  }

  /**
   * @param {string} id
   * @param {number} version of what is shown: a finding is about that
   */
  findings(id, version) {
    if (!this.mayCheck) return [];
    /** @param {Finding} result */
    const find = async (result) => {
      const body = { result };
      if (!(await this.send(`/sample/${encodeURIComponent(id)}`, { method: "PUT", body, version }))) return;
      this.forget();
      this.place.focus();
    };
    return [
      element("p", "", "Hold it against your records: warrant or order, person, image."),
      element("div", "buttons", button("It is wrong", () => find("failed")), button("It is right", () => find("passed"))),
    ];
  }
}

/** @param {import("./watchlist-api.js").ListedSubject} subject */
function detailsOf(subject) {
  const marks = ["is_child", "is_vulnerable"].filter((name) => subject[name]);
  const rows = TOLD.filter((name) => String(subject[name] ?? "")).flatMap((name) => {
    const said = element("dd", "words", String(subject[name]));
    said.dir = "auto";
    return [element("dt", "", words(name)), said];
  });
  return element("div", "", element("p", "category", marks.map(words).join(", ")), element("dl", "", ...rows));
}

/** @param {string} name */
function words(name) {
  return name.replaceAll("_", " ");
}
