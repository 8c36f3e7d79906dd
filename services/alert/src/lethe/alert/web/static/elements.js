// Built from elements and text only: no data ever becomes markup.

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} className
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

/**
 * @param {string} text
 * @param {() => void} act
 * @param {string} [className]
 */
export function button(text, act, className = "") {
  const made = element("button", className, text);
  made.type = "button";
  made.onclick = act;
  return made;
}

/**
 * The element of the page that has an id.
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {string} id
 * @param {new () => Kind} [kind]
 * @returns {Kind}
 */
export function at(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof (kind ?? HTMLElement))) throw new Error(`there is no #${id}`);
  return /** @type {Kind} */ (found);
}

/**
 * Sets a text only when it changes: a screen reader may read it aloud each time.
 * @param {HTMLElement} place
 * @param {string} text
 */
export function tell(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

const LONGEST = 200;

/**
 * Somebody's own words, whatever they hold: isolated, so that no letter of it turns what
 * surrounds it around, and cut where nobody reads on.
 * @param {string} words
 */
export function foreign(words) {
  const letters = [...words];
  const cut = letters.length > LONGEST ? `${letters.slice(0, LONGEST).join("")}…` : words;
  const made = element("bdi", "", cut);
  made.dir = "auto";
  return made;
}
