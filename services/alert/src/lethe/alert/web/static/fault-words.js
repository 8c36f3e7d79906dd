// What to do about an image that couldn't be enrolled, or should be looked at.

/** @type {Record<string, string>} */
export const FAULT_WORDS = {
  no_face: "no face was found: use a picture that shows the face from the front, or a larger one",
  several_faces: "several faces were found: cut the picture to one person",
  too_small: "the face is too small: use a larger picture",
  blurred: "the face is blurred: use a sharper picture",
  cut: "the picture's edge cuts the face: use a picture that shows all of it",
  pose: "the face is turned aside: use a picture from the front",
  unreadable: "unreadable: save it as JPEG or PNG again",
  unlike: "it looks like none of the subject's other images: see that all show one person",
};

/** @param {string | null} fault */
export function faultText(fault) {
  return FAULT_WORDS[fault ?? ""] ?? (fault ?? "it can't be enrolled").replaceAll("_", " ");
}
