// When and where somebody was seen, each time: shown only where the order has that kept.

import { timeText } from "./clock.js";
import { element, foreign } from "./elements.js";

/**
 * A heading and the times, in the order in which they were; nothing where none are kept.
 * @param {AlertView} alert
 */
export function sightingsOf({ sightings, kept_sightings: kept }) {
  if (!kept) return [];
  const told = sightings > kept.length ? `Seen: the latest ${kept.length} times` : "Seen";
  const times = kept.map(({ at, camera_id: camera }) => element("li", "", timeText(at), ", ", foreign(camera)));
  const list = element("ol", "sightings", ...times);
  list.setAttribute("aria-label", told);
  return [element("h3", "", told), list];
}
