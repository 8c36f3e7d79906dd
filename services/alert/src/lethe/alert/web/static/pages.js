// Which pages there are, and for whom.

import { at, element } from "./elements.js";
import { signedIn } from "./session.js";

/** @type {{ path: string, title: string, roles: Role[] }[]} */
const PAGES = [
  { path: "/", title: "Alerts", roles: ["engagement-officer", "operator", "supervisor"] },
  { path: "/desk", title: "Desk", roles: ["operator", "supervisor"] },
  { path: "/audit", title: "Audit", roles: ["auditor"] },
];

/**
 * Resolves once somebody is signed in, to who it is; whom this page isn't for goes to theirs.
 * @returns {Promise<SignedIn>}
 */
export async function enter() {
  const me = await signedIn();
  const theirs = PAGES.filter((page) => page.roles.some((role) => me.roles.includes(role)));
  const isTheirs = theirs.some((page) => page.path === location.pathname);
  if (!isTheirs && theirs[0]) location.replace(theirs[0].path);
  at("pages").replaceChildren(...theirs.map(linkTo));
  at("pages").hidden = theirs.length < 2;
  at("columns").hidden = at("columns").inert = false;
  // What a browser kept of a page is as it was then, for whoever was signed in then.
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  return me;
}

/** @param {{ path: string, title: string }} page */
function linkTo({ path, title }) {
  const link = element("a", "", title);
  link.href = path;
  if (path === location.pathname) link.setAttribute("aria-current", "page");
  return link;
}
