// Signing in: the code behind the # of the address becomes a cookie that no script can read.

const ADDRESS = "/api/v1/session";
const CODE = "#sign-in=";
const NEEDED = "Sign in: open the address that `lethe sign-in` prints, or enter its code or a token.";

const at = (id) => document.getElementById(id);

// Resolves once somebody is signed in.
export async function signedIn() {
  let told = null;
  if (location.hash.startsWith(CODE)) {
    const code = location.hash.slice(CODE.length);
    // Neither the history nor a bookmark keeps it.
    history.replaceState(null, "", location.pathname);
    told = await signInWith({ code });
  }
  // A link that was used already does no harm to whoever is signed in.
  while (!(await showWho())) told = await ask(told ?? NEEDED);
}

// Resolves once somebody is signed in again, whose token ended or doesn't do.
export async function signInAgain(reason) {
  at("who").hidden = true;
  let told = `${reason}. ${NEEDED}`;
  do told = await ask(told ?? NEEDED);
  while (told !== null || !(await showWho()));
}

async function showWho() {
  const answer = await again(() => fetch(ADDRESS));
  if (!answer.ok) return false;
  at("name").textContent = (await answer.json()).name;
  at("who").hidden = false;
  return true;
}

// Returns what went wrong, null if nothing did.
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

function ask(told) {
  const form = at("sign-in");
  at("sign-in-told").textContent = told;
  form.hidden = false;
  at("secret").focus();
  return new Promise((resolve) => {
    form.onsubmit = async (event) => {
      event.preventDefault();
      const secret = at("secret").value.trim();
      at("secret").value = "";
      // A token has two dots, a code none.
      const failed = await signInWith(secret.includes(".") ? { token: secret } : { code: secret });
      form.hidden = failed === null;
      resolve(failed);
    };
  });
}

// The service may be starting, or another instance taking over.
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
