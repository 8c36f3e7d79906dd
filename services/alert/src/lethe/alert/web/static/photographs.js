// The images that somebody chose, by the names that a table gives them.

/** An image that can't be sent; the message says why. */
export class UnusableImage extends Error {}

/** @typedef {{ file: File, name: string, digest: string }} Photograph */

const SUFFIXES = /\.(jpe?g|png|bmp|webp|tiff?)$/i;
const MOST_BYTES = 7 * 1024 * 1024;

export class Photographs {
  /** @param {Iterable<File>} files of one folder, or some files */
  constructor(files) {
    /** @type {Map<string, File>} */
    this.files = new Map();
    /** Each content once. @type {Map<string, string>} */
    this.seen = new Map();
    for (const file of files) {
      const below = file.webkitRelativePath.split("/").slice(1).join("/");
      this.files.set(plain(below || file.name), file);
    }
  }

  /**
   * @param {string} name
   * @returns {Promise<Photograph>}
   */
  async find(name) {
    const file = this.files.get(plain(name));
    if (!file) throw new UnusableImage("there is no such file in the folder");
    if (!SUFFIXES.test(file.name)) {
      throw new UnusableImage("not an image (JPEG, PNG, WebP, BMP or TIFF): save it as JPEG");
    }
    if (file.size === 0) throw new UnusableImage("unreadable: the file is empty");
    if (file.size > MOST_BYTES) throw new UnusableImage("larger than 7 MB");
    const digest = await hashOf(file);
    const first = this.seen.get(digest);
    if (first !== undefined) throw new UnusableImage(`the same image as ${first}`);
    this.seen.set(digest, name);
    return { file, name, digest };
  }
}

/** Names with accents are written in two ways. @param {string} name */
function plain(name) {
  return name.normalize("NFC");
}

/** @param {File} file */
async function hashOf(file) {
  try {
    const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    return [...new Uint8Array(digest)].map((each) => each.toString(16).padStart(2, "0")).join("");
  } catch {
    throw new UnusableImage("can't be read");
  }
}
