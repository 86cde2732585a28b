// The chosen language: fills every element with `data-text` and tells those who draw text of their own.

import { en } from "./en.js";
import { zh } from "./zh.js";

const LANGUAGES = { en, zh };
const listeners = [];
let chosen = LANGUAGES[new URLSearchParams(location.search).get("lang")] ?? (navigator.language.startsWith("zh") ? zh : en);

/** The text of `key` in the chosen language, or what it makes of its arguments. */
export const text = (key, ...values) => (typeof chosen[key] === "function" ? chosen[key](...values) : chosen[key]);
export const whenLanguageChanges = (listener) => listeners.push(listener);

export function fillTexts() {
  document.documentElement.lang = chosen.language;
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = text(node.dataset.text);
  const other = chosen === en ? ["zh", "中文"] : ["en", "English"];
  Object.assign(document.querySelector("#language"), { lang: other[0], textContent: other[1] });
  for (const listener of listeners) listener();
}

document.querySelector("#language").addEventListener("click", () => {
  chosen = chosen === en ? zh : en;
  fillTexts();
});
