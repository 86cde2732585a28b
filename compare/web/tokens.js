// Tokens and keys: what a form's token and its cookie hold, a forged form, and the rotation of two keys.

import { scripted, showFields, showJar, showParts } from "./cookies.js";
import { text, whenLanguageChanges } from "./text.js";

const $ = (selector) => document.querySelector(selector);
let token = "";

// --- the form that only this site's pages can send

/** The parts of a token of format 2, and the token itself without its mask. */
function unmasked(value) {
  const [, mask, masked] = value.split("|");
  const bare = masked?.replace(/../g, (pair, at) => (parseInt(pair, 16) ^ parseInt(mask.slice(at % 8, (at % 8) + 2), 16)).toString(16).padStart(2, "0"));
  return bare ? [mask, masked, bare] : ["", "", value];
}

function showTokens() {
  const cookie = scripted().get("_xsrf") ?? "";
  for (const [node, value] of [["#token-cookie", cookie], ["#token-field", token]]) {
    $(node).hidden = !value;
    if (value) showParts($(node), unmasked(value), text("tokenParts"));
  }
  if (!token) return;
  const agree = unmasked(cookie)[2] === unmasked(token)[2];
  $("#xsrf-told").textContent = text(agree ? "tokensAgree" : "tokensDiffer");
}

const forms = {
  async page() {
    const html = await (await fetch("/form")).text();
    token = new DOMParser().parseFromString(html, "text/html").querySelector("[name=_xsrf]").value;
    showTokens();
  },
  async send() {
    if (!token) await forms.page();
    await post(token);
  },
  forge: () => post(Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("")),
};

/** Send the note with this token, as the page's own form or another site's would. */
async function post(given) {
  const answer = await fetch("/form", { method: "POST", body: new URLSearchParams({ note: $("#note").value, _xsrf: given }) });
  const said = await answer.json();
  $("#xsrf-told").classList.toggle("slow", !answer.ok);
  $("#xsrf-told").textContent = `POST /form → ${answer.status}: ${answer.ok ? text("formTaken", said.note) : `${said.error.code}: ${said.error.message}`}`;
}

$("#xsrf").addEventListener("click", async ({ target }) => {
  if (!target.dataset.form) return;
  $("#xsrf-told").classList.remove("slow");
  try {
    await forms[target.dataset.form]();
    await showJar();
  } catch {
    $("#xsrf-told").textContent = text("stillRunning");
  }
});

// --- two keys: what the server does with `--cookie-key`, done here with keys of the page's own

const utf8 = new TextEncoder();
const keys = [0, 1].map(() => crypto.getRandomValues(new Uint8Array(32)));
let signed = "";

async function signature(key, data) {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const bytes = new Uint8Array(await crypto.subtle.sign("HMAC", imported, utf8.encode(data)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function signWith(version) {
  const field = (value) => `${value.length}:${value}|`;
  const bare = ["2|", field(String(version)), field(String(Math.floor(Date.now() / 1000))), field("user"), field(btoa("bob"))].join("");
  signed = bare + (await signature(keys[version], bare));
  await readSigned();
}

/** Read the value as a server does that has the keys which are ticked. */
async function readSigned() {
  if (!signed) return;
  const version = Number(signed.match(/^2\|1:(\d)/)[1]), has = $(`#rotation [value="${version}"]`).checked;
  const read = has && (await signature(keys[version], signed.slice(0, -64))) === signed.slice(-64);
  showFields($("#rotation-fields"), signed, !read);
  $("#rotation-told").classList.toggle("slow", !read);
  $("#rotation-told").textContent = text(read ? "keyReads" : "keyMissing", version);
}

$("#rotation").addEventListener("click", ({ target }) => {
  if (!target.dataset.key) return;
  if (crypto.subtle) signWith(Number(target.dataset.key));
  else $("#rotation-told").textContent = text("noCrypto");
});
$("#rotation").addEventListener("change", readSigned);

export const showAgain = () => [showTokens(), readSigned()];
whenLanguageChanges(showAgain);
