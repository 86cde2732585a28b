// Whose a cookie is: set, read, tampered with and cleared.

import { text, whenLanguageChanges } from "./text.js";

const cell = (words, kind = "") => Object.assign(document.createElement("td"), { textContent: words, className: kind });
const form = document.querySelector("#cookie"), $exchange = document.querySelector("#exchange"), $fields = document.querySelector("#fields");
const JSON_TYPE = { "Content-Type": "application/json" };

/** Send a request and tell what was said; resolves to the body, {} without one. */
async function exchange(method, path, body, says = () => "") {
  const answer = await fetch(path, { method, body: body && JSON.stringify(body), headers: body && JSON_TYPE });
  const said = await answer.json().catch(() => ({}));
  say(`${method} ${path} → ${answer.status}`, said.error?.message ?? says(said), !answer.ok);
  await showJar();
  return said;
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
      showFields(kind === "signed" ? scripted().get(given().name) : "", said.value === null);
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
    const { name } = given();
    const value = scripted().get(name);
    if (value === undefined) return say("document.cookie", text("cannotSee", name), true);
    const at = Math.floor(value.length / 2);
    const changed = value.slice(0, at) + (value[at] === "0" ? "1" : "0") + value.slice(at + 1);
    document.cookie = `${name}=${changed}; path=/`;
    say(`document.cookie = "${name}=…"`, text("tampered"));
    await showJar();
  },
};

/** What scripts see: raw values by name. */
function scripted() {
  const pairs = document.cookie.split("; ").filter(Boolean);
  return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}

/** The parts of a signed value (format 2), the signature told apart when the server did not believe it. */
function showFields(value, refused) {
  const parts = value?.match(/^2\|\d+:(\d*)\|\d+:(\d*)\|\d+:([^|]*)\|\d+:([^|]*)\|([0-9a-f]+)$/);
  $fields.hidden = !parts;
  if (!parts) return;
  $fields.replaceChildren(...["2", ...parts.slice(1)].map((part, at) => {
    const field = document.createElement("span");
    field.append(Object.assign(document.createElement("small"), { textContent: text("fields")[at] }), part);
    if (at === 5) field.classList.toggle("slow", refused);
    return field;
  }));
}

export async function showJar() {
  const { cookies } = await (await fetch("/cookies")).json();
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
