// Signing in: the code behind the # of the address becomes a cookie that no script can read.

import { showState } from "./connection.js";
import { at, tell } from "./elements.js";
import { forgetReached } from "./reached.js";

const ADDRESS = "/api/v1/session";
const CODE = "#sign-in=";
const NEEDED = "Sign in: open the address that the command “lethe sign-in” prints, or enter its code or a token.";

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
    const tried = await signInWith({ code });
    if (tried.who) return show(tried.who);
    told = tried.told;
  }
  // A link that was used already does no harm to whoever is signed in.
  return (await known()) ?? ask(told);
}

/**
 * Resolves once somebody is signed in again, whose token ended or doesn't do.
 * @param {string} reason
 */
export async function signInAgain(reason) {
  at("who").hidden = true;
  await ask(`${reason}. ${NEEDED}`);
}

/**
 * Who is signed in already; null if nobody is.
 * @returns {Promise<SignedIn | null>}
 */
async function known() {
  const answer = await again(() => fetch(ADDRESS));
  return answer.ok ? show(await answer.json()) : null;
}

/** @param {SignedIn} who */
function show(who) {
  tell(at("name"), who.name);
  at("who").hidden = false;
  return who;
}

/**
 * Returns who signed in, or what went wrong.
 * @param {{ code: string } | { token: string }} secret
 * @returns {Promise<{ who: SignedIn, told: null } | { who: null, told: string }>}
 */
async function signInWith(secret) {
  const answer = await again(() =>
    fetch(ADDRESS, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(secret),
    }),
  );
  const content = await answer.json();
  if (answer.ok) return { who: content, told: null };
  return { who: null, told: `Not signed in: ${content.detail}.` };
}

/**
 * Asks until somebody signs in; resolves to who it is.
 * @param {string | null} told why it asks, if there is more to say than that it does
 * @returns {Promise<SignedIn>}
 */
function ask(told) {
  const form = at("sign-in");
  const field = at("secret", HTMLInputElement);
  tell(at("sign-in-told"), told ?? NEEDED);
  form.hidden = false;
  showState("ended");
  field.focus();
  return new Promise((resolve) => {
    form.onsubmit = async (event) => {
      event.preventDefault();
      const [given = ""] = field.value.trim().split(CODE).slice(-1);
      field.value = "";
      // A token has two dots, a code none.
      const tried = await signInWith(given.includes(".") ? { token: given } : { code: given });
      tell(at("sign-in-told"), tried.told ?? "");
      form.hidden = tried.who !== null;
      if (!tried.who) return;
      showState("connecting");
      resolve(show(tried.who));
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

// In a page that is there already an address with a code changes nothing but what follows the #.
addEventListener("hashchange", () => {
  if (location.hash.startsWith(CODE)) location.reload();
});

at("sign-out").onclick = async () => {
  await fetch(ADDRESS, { method: "DELETE" });
  forgetReached();
  location.reload();
};
