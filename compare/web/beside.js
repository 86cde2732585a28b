// The twin's page beside this one, in a frame: what is run here is run there. Both servers name each other (--beside).

import { text, whenLanguageChanges } from "./text.js";

const SILENT_S = 2.5, LONGER = 1.5; // each try has longer than the one before: a machine may be slow
const $button = document.querySelector("#beside"), $other = document.querySelector("#other");
let where = "", name = "", frame = null, heard = false, timer = 0, tries = 0;

const asked = new URLSearchParams(location.search).get("framed"); // the number of the try that loaded this page
export const framed = asked !== null;

/** Called when the server has said who it is; `run` and `leave` are what the page beside may ask for. */
export function meet(about, trouble, actions) {
  where = about.beside ?? "";
  name = about.server === "tornado" ? "aiohttp" : "tornado";
  if (!where) return;
  if (framed) {
    parent.postMessage({ ready: asked }, where);
    window.onmessage = ({ origin, data }) => origin === where && actions[data.ask]?.(data);
    return;
  }
  $button.hidden = false;
  words();
  $button.onclick = () => (frame ? close() : open(trouble));
  window.onmessage = ({ origin, data, source }) => {
    if (origin !== where || source !== frame?.contentWindow || data.ready !== String(tries)) return; // or of a page that goes
    heard = true;
    trouble("");
  };
}

/** Ask the page beside for the same. */
export const alsoThere = (wanted) => frame?.contentWindow?.postMessage(wanted, where);

function open(trouble) {
  frame = document.createElement("iframe");
  frame.title = text("besideTitle", name);
  $other.replaceChildren(frame);
  $other.hidden = false;
  words();
  let patience_s = SILENT_S;
  const load = () => {
    if (!frame) return;
    heard = false;
    tries += 1;
    frame.src = `${where}/?framed=${tries}&lang=${document.documentElement.lang}`;
    timer = setTimeout(() => {
      if (heard) return;
      trouble(text("besideSilent", name, where));
      load();
    }, patience_s * 1000);
    patience_s *= LONGER;
  };
  load();
}

function close() {
  clearTimeout(timer);
  frame = null;
  $other.replaceChildren();
  $other.hidden = true;
  words();
}

function words() {
  $button.textContent = text("besideShow", name);
  $button.setAttribute("aria-pressed", String(Boolean(frame)));
}
whenLanguageChanges(() => where && words());
