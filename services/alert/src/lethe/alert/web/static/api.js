// Requests to alert. The cookie that signs them is out of every script's reach.

/**
 * What became of a request. `told` says what is wrong, for people; null if nothing is.
 * @template Content
 * @typedef {{ status: number, content: Content | null, told: string | null }} Answer
 */

const BASE = "/api/v1";
const UNANSWERED = "the service doesn't answer; try again";

/**
 * @template Content
 * @param {string} path
 * @param {{ method?: string, body?: object | undefined, version?: number | undefined, reason?: string }} [asked] a form is sent as such, all else as JSON
 * @returns {Promise<Answer<Content>>}
 */
export async function ask(path, { method = "GET", body, version, reason } = {}) {
  /** @type {Record<string, string>} */
  const headers = {};
  const isForm = body instanceof FormData;
  if (body !== undefined && !isForm) headers["Content-Type"] = "application/json";
  if (version !== undefined) headers["If-Match"] = `"${version}"`;
  if (reason) headers["Lethe-Reason"] = reason;
  try {
    const sent = isForm ? body : JSON.stringify(body);
    const answer = await fetch(BASE + path, { method, headers, body: sent ?? null });
    const content = answer.status === 204 ? null : await answer.json();
    const told = answer.ok ? null : String(content.detail);
    return { status: answer.status, content: answer.ok ? content : null, told };
  } catch {
    return { status: 0, content: null, told: UNANSWERED };
  }
}

/**
 * @param {string} alertId
 * @param {string} [rest]
 */
export function ofAlert(alertId, rest = "") {
  return `/alerts/${encodeURIComponent(alertId)}${rest}`;
}
