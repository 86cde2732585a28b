// The running server's own source beside what it does: the line that runs is lit, the one that waits is hatched.

import { THREAD } from "./paradigms.js";
import { text, whenLanguageChanges } from "./text.js";

const WAITS = { // the line at which each paradigm waits, and the one at which it goes on
  blocking: [/io\.blocking\(\)/, null],
  callback: [/long_io\(io\.blocking/, /response\.settle/],
  generator: [/yield work\(\)/, /return response/],
  coroutine: [/yield asyncio/, /return response/],
  executor: [/run_in_executor/, null],
  native: [/io\.native\(\)/, null],
  handler: [/await self\.wait/, /answer\(self\.body|answer\(body|self\.answer\(/],
};
const sources = new Map();
const $code = document.querySelector("#code"), $codeFile = document.querySelector("#code-file");
let shown = "", asked = "native", server = "", lit = "", latest = ["", ""];

export const embedSources = (known) => { for (const one of known) sources.set(one.paradigm, one); };
export const knownSources = () => [...sources.values()];

/** Say which server answers: its handler runs here, and its twin's is the same by the other framework. */
export function servedBy(name) {
  server = name;
  showCode();
}

function wantedOf(paradigm) {
  const part = document.querySelector("#part :checked").value;
  if (part === "wait" || !server) return paradigm;
  return part === server ? "handler" : "twin";
}

/** Show the code of `paradigm`, or the handler that all share in either framework, as the switch says. */
export async function showCode(paradigm = asked) {
  asked = paradigm;
  const wanted = wantedOf(paradigm);
  if (wanted === shown) return;
  const source = sources.get(wanted) ?? (await fetchSource(wanted));
  if (wanted !== wantedOf(asked)) return; // another one was asked for meanwhile
  shown = source ? wanted : "";
  lit = "";
  nameFile();
  if (!source) return $code.replaceChildren(text("noSource"));
  $code.replaceChildren(
    ...source.code.split("\n").map((line, at) => {
      const row = document.createElement("span");
      row.className = "line";
      row.dataset.number = source.first_line + at;
      row.textContent = line || " ";
      return row;
    }),
  );
  light(...latest); // what happened while the code was on its way
}

function nameFile() {
  const source = sources.get(shown);
  $codeFile.textContent = source ? `${source.file}:${source.first_line}${shown === "twin" ? ` ${text("notHere")}` : ""}` : "";
}

async function fetchSource(name) {
  const source = await fetch(`/source/${name}`).then((answer) => (answer.ok ? answer.json() : null), () => null);
  if (source) sources.set(name, source);
  return source;
}

/** Light the line at which a request of `paradigm` is: `runs`, `waits`, `goes on` or nothing. */
export function light(paradigm, what) {
  latest = [paradigm, what];
  if (!WAITS[shown] || (shown !== "handler" && shown !== paradigm)) return;
  const state = `${paradigm} ${what}`;
  if (state === lit) return;
  lit = state;
  const [waits, goesOn] = WAITS[shown], busy = THREAD[paradigm] === "loop"; // it runs the line at which it waits
  for (const row of $code.children) {
    const line = row.textContent;
    const here = what === "goes on" ? goesOn?.test(line) : what && waits.test(line);
    row.classList.toggle("lit", Boolean(here) && (what !== "waits" || busy));
    row.classList.toggle("waits", Boolean(here) && what === "waits" && !busy);
  }
}

for (const one of document.querySelectorAll("#part input")) one.addEventListener("change", () => showCode());
whenLanguageChanges(nameFile);
