// Signing in: the code behind the # of the address becomes a cookie that no script can read.

import { at, tell } from "./elements.js";

const ADDRESS = "/api/v1/session";
const CODE = "#sign-in=";
const NEEDED = "Sign in: open the address that `lethe sign-in` prints, or enter its code or a token.";

/**
 * Resolves once somebody is signed in, to who it is.
 * @returns {Promise<SignedIn>}
 */
export async function signedIn() {
  /** @type {string | null} */
  let told = null;
  if (location.hash.startsWith(CODE)) {
    const code = location.hash.slice(CODE.length);
    // Neither the history nor a bookmark keeps it.
    history.replaceState(null, "", location.pathname);
    told = await signInWith({ code });
  }
  // A link that was used already does no harm to whoever is signed in.
  for (;;) {
    const who = await showWho();
    if (who) return who;
    told = await ask(told ?? NEEDED);
  }
}

/**
 * Resolves once somebody is signed in again, whose token ended or doesn't do.
 * @param {string} reason
 */
export async function signInAgain(reason) {
  at("who").hidden = true;
  /** @type {string | null} */
  let told = `${reason}. ${NEEDED}`;
  do told = await ask(told ?? NEEDED);
  while (told !== null || !(await showWho()));
}

/** @returns {Promise<SignedIn | null>} */
async function showWho() {
  const answer = await again(() => fetch(ADDRESS));
  if (!answer.ok) return null;
  const who = await answer.json();
  tell(at("name"), who.name);
  at("who").hidden = false;
  return who;
}

/**
 * Returns what went wrong, null if nothing did.
 * @param {{ code: string } | { token: string }} secret
 * @returns {Promise<string | null>}
 */
async function signInWith(secret) {
  const answer = await again(() =>
    fetch(ADDRESS, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(secret),
    }),
  );
  return answer.ok ? null : `Not signed in: ${(await answer.json()).detail}.`;
}

/**
 * @param {string} told
 * @returns {Promise<string | null>}
 */
function ask(told) {
  const form = at("sign-in");
  const field = at("secret", HTMLInputElement);
  tell(at("sign-in-told"), told);
  form.hidden = false;
  field.focus();
  return new Promise((resolve) => {
    form.onsubmit = async (event) => {
      event.preventDefault();
      const secret = field.value.trim();
      field.value = "";
      // A token has two dots, a code none.
      const failed = await signInWith(secret.includes(".") ? { token: secret } : { code: secret });
      form.hidden = failed === null;
      resolve(failed);
    };
  });
}

/**
 * The service may be starting, or another instance taking over.
 * @param {() => Promise<Response>} send
 */
async function again(send) {
  for (;;) {
    try {
      const answer = await send();
      if (answer.status !== 503) return answer;
    } catch {
      // It doesn't answer: the next try may reach it.
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

at("sign-out").onclick = async () => {
  await fetch(ADDRESS, { method: "DELETE" });
  location.reload();
};
