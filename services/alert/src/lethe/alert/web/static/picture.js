// A picture that can be taken back: drawn from memory, and overwritten when it is to go.

import { element } from "./elements.js";

export class Picture {
  /** @param {string} caption */
  constructor(caption) {
    this.place = element("div", "picture");
    this.figure = element("figure", "", this.place, element("figcaption", "", caption));
    this.gone = false;
  }

  /**
   * @param {string} address below /api/v1
   * @param {string} text what it shows
   */
  async show(address, text) {
    try {
      const answer = await fetch(`/api/v1${address}`);
      if (!answer.ok) throw new Error(`the service answered ${answer.status}`);
      const bitmap = await createImageBitmap(await answer.blob());
      if (!this.gone) this.draw(bitmap, text);
      bitmap.close();
    } catch {
      if (!this.gone) this.place.textContent = "Not available";
    }
  }

  /**
   * @param {ImageBitmap} bitmap
   * @param {string} text
   */
  draw(bitmap, text) {
    this.cover();
    const canvas = element("canvas", "");
    [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", text);
    canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
    this.place.replaceChildren(canvas);
  }

  /**
   * Takes the picture away for good.
   * @param {string} [text] what stands in its place
   */
  blank(text = "") {
    this.gone = true;
    this.cover(text);
  }

  /**
   * Takes away what is shown now; another may come.
   * @param {string} [text] what stands in its place
   */
  cover(text = "") {
    const canvas = this.place.querySelector("canvas");
    // Without a size it has no pixels left.
    if (canvas) canvas.width = canvas.height = 0;
    this.place.replaceChildren(text);
  }
}
