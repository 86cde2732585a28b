// Whose a cookie is: set, read, tampered with and cleared.

import { text, whenLanguageChanges } from "./text.js";

const $ = (selector) => document.querySelector(selector);
const cell = (words, kind = "") => Object.assign(document.createElement("td"), { textContent: words, className: kind });
const form = document.querySelector("#cookie"), $exchange = document.querySelector("#exchange"), $lines = document.querySelector("#lines");
const JSON_TYPE = { "Content-Type": "application/json" }, SHOW = { "X-Cookie-Lines": "show" };

/** Send a request and tell what was said; resolves to the body, {} without one. */
async function exchange(method, path, body, says = () => "") {
  const answer = await fetch(path, { method, body: body && JSON.stringify(body), headers: { ...(body && JSON_TYPE), ...SHOW } });
  const said = await answer.json().catch(() => ({}));
  say(`${method} ${path} → ${answer.status}`, said.error?.message ?? says(said), !answer.ok);
  showLines(JSON.parse(answer.headers.get("X-Cookie-Lines") ?? "null"));
  await showJar();
  return said;
}

/** The lines that scripts cannot see, as the server saw and wrote them. */
function showLines(said) {
  const lines = said ? [...said.cookie.map((line) => `Cookie: ${line}`), ...said.set_cookie.map((line) => `Set-Cookie: ${line}`)] : [];
  $lines.hidden = !lines.length;
  $lines.textContent = lines.join("\n");
}

function say(line, remark, refused = false) {
  $exchange.classList.toggle("refused", refused);
  $exchange.querySelector("code").textContent = line;
  $exchange.querySelector("span").textContent = remark;
}

function given() {
  const fields = new FormData(form);
  const name = fields.get("name");
  return { fields, name, kind: fields.get("kind"), path: `/${fields.get("kind")}/${encodeURIComponent(name)}` };
}

const actions = {
  async set() {
    const { fields, path } = given();
    const lasts = fields.get("max_age");
    const body = { value: fields.get("value"), httponly: fields.has("httponly") };
    if (lasts) body.max_age = Number(lasts);
    await exchange("PUT", path, body, () => text("wasSet"));
    if (lasts === "5") setTimeout(showJar, 5_500);
  },
  read() {
    const { path, kind } = given();
    const absent = text(kind === "signed" ? "absentSigned" : "absent");
    const found = (said) => (kind === "signed" ? text("signedWith", said.value, said.key_version) : text("quoted", said.value));
    return exchange("GET", path, undefined, (said) => {
      showFields($("#fields"), kind === "signed" ? scripted().get(given().name) : "", said.value === null);
      return said.value === null ? absent : found(said);
    });
  },
  clear() {
    const { name } = given();
    return exchange("DELETE", `/cookies/${encodeURIComponent(name)}`, undefined, () => text("cleared"));
  },
  clearAll() {
    return exchange("DELETE", "/cookies", undefined, () => text("clearedAll"));
  },
  async tamper() {
    const { name, kind, path } = given();
    const value = scripted().get(name);
    if (value === undefined) return say("document.cookie", text("cannotSee", name), true);
    const at = Math.floor(value.length / 2);
    const changed = value.slice(0, at) + (value[at] === "0" ? "1" : "0") + value.slice(at + 1);
    document.cookie = `${name}=${changed}; path=/`;
    say(`document.cookie = "${name}=…"`, text("tampered"));
    if (kind === "signed") showFields($("#fields"), changed, (await (await fetch(path)).json()).value === null);
    await showJar();
  },
};

/** What scripts see: raw values by name. */
export function scripted() {
  const pairs = document.cookie.split("; ").filter(Boolean);
  return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}

/** The parts of a signed value (format 2), the signature told apart when the server did not believe it. */
export function showFields(node, value, refused) {
  const parts = value?.replace(/^"(.*)"$/, "$1").match(/^2\|\d+:(\d*)\|\d+:(\d*)\|\d+:([^|]*)\|\d+:([^|]*)\|([0-9a-f]+)$/);
  if (parts) showParts(node, ["2", ...parts.slice(1)], text("fields"), refused);
  node.hidden = !parts;
}

/** Each part in a box below its name; the last one in the colour of a refusal, when it was refused. */
export function showParts(node, parts, names, refused = false) {
  node.replaceChildren(...parts.map((part, at) => {
    const field = document.createElement("span");
    field.append(Object.assign(document.createElement("small"), { textContent: names[at] }), part);
    if (at === parts.length - 1) field.classList.toggle("slow", refused);
    return field;
  }));
}

let looks = 0;
export async function showJar() {
  const look = ++looks;
  const { cookies } = await (await fetch("/cookies")).json();
  if (look !== looks) return; // a later look shows what is there now
  const seen = scripted();
  const rows = Object.entries(cookies).map(([name, value]) => {
    const row = document.createElement("tr");
    row.append(cell(name), Object.assign(cell(value), { title: value }));
    row.append(seen.has(name) ? cell(text("yes")) : cell(text("no"), "unseen"));
    return row;
  });
  if (!rows.length) {
    rows.push(document.createElement("tr"));
    rows[0].append(Object.assign(cell(text("noCookie")), { colSpan: 3 }));
  }
  document.querySelector("#jar").replaceChildren(...rows);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(actions.set);
});
form.addEventListener("click", ({ target }) => target.dataset.do && attempt(actions[target.dataset.do]));

async function attempt(action) {
  if (!form.reportValidity()) return;
  try {
    await action();
  } catch {
    say(text("unanswered"), text("stillRunning"), true);
  }
}
if (!document.querySelector("#recording")) whenLanguageChanges(() => showJar().catch(() => {}));
