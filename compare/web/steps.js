// Inside the trampoline: one real request, then its steps in slow motion with the times the server measured.

import { light, showCode } from "./code.js";
import { text, whenLanguageChanges } from "./text.js";

const SLOW_S = 1.4, DELAY_S = 0.5, NEWS_S = 5;
const $steps = document.querySelector("#steps"), $told = document.querySelector("#step-told"), $next = document.querySelector("#next-step");
const calmly = matchMedia("(prefers-reduced-motion: reduce)");
let trip = null; // the paradigm, the flight and how far its telling is

const LIGHT = { generator: ["runs", "waits", "waits", "waits", "goes on", "goes on"], coroutine: ["runs", "waits", "waits", "waits", "goes on", "goes on"] };

/** Draw the steps of the trip; those that were told already show their time. */
function showSteps() {
  const steps = text("steps")[trip?.paradigm ?? "generator"];
  $steps.replaceChildren(
    ...steps.map(([where, words, kind], at) => {
      const row = document.createElement("li");
      row.className = `${where} ${trip && at === trip.at ? "now" : ""}`;
      const place = Object.assign(document.createElement("i"), { textContent: text(where) });
      const time = Object.assign(document.createElement("b"), { textContent: trip && at <= trip.at ? since(kind) : "" });
      row.append(place, Object.assign(document.createElement("span"), { textContent: words }), time);
      if (trip && at === trip.at) row.setAttribute("aria-current", "step");
      return row;
    }),
  );
}

function since(kind) {
  const at = { admitted: "admitted", started: "started", ended: "ended", resumed: "resumed", answered: "over" }[kind];
  const seconds = at && trip.flight?.[at] - trip.flight?.admitted;
  return Number.isFinite(seconds) ? `+${(seconds * 1000).toFixed(1)} ms` : "";
}

export async function walk(paradigm, model) {
  clearTimeout(trip?.timer);
  trip = { paradigm, at: -1, flight: null, byHand: false };
  const mine = trip, before = Math.max(0, ...model.flights.keys());
  const of = () => [...model.flights.values()].find((one) => one.number > before && one.paradigm === paradigm);
  showSteps();
  $told.textContent = text("stepsRun");
  document.querySelector("#part [value=wait]").checked = true;
  showCode(paradigm);
  const reached = await fetch(`/io/${paradigm}?delay=${DELAY_S}`, { cache: "no-store" }).then(() => true, () => false);
  const patience = performance.now() + (reached ? NEWS_S * 1000 : 0);
  do await new Promise((resolve) => setTimeout(resolve, 150)); // what the server says of it is on its way
  while (trip === mine && !of()?.over && performance.now() < patience);
  if (trip !== mine) return;
  trip.flight = of();
  step();
}

/** Tell the next step; more follow by themselves until a person sets the pace. */
function step(byHand = false) {
  if (!trip) return;
  trip.byHand ||= byHand;
  const steps = text("steps")[trip.paradigm];
  trip.at = Math.min(trip.at + 1, steps.length - 1);
  showSteps();
  $told.textContent = text("stepTold", trip.at + 1, steps.length, text(steps[trip.at][0]), steps[trip.at][1]);
  light(trip.paradigm, LIGHT[trip.paradigm][trip.at]);
  const more = trip.at < steps.length - 1;
  $next.setAttribute("aria-disabled", String(!more));
  clearTimeout(trip.timer);
  if (more && !trip.byHand && !calmly.matches) trip.timer = setTimeout(() => step(), SLOW_S * 1000);
}

$next.addEventListener("click", () => $next.getAttribute("aria-disabled") === "false" && step(true));
whenLanguageChanges(showSteps);
