// The page: a crowd of requests, what the server does with it, and what the bystander feels.

import { alsoThere, framed, meet } from "./beside.js";
import { showJar } from "./cookies.js";
import { embedSources, knownSources, light, servedBy, showCode } from "./code.js";
import { Crowd, TOGETHER_S, contest, expected_s, fitting, regroup, roomForCrowds, sentence, truthOf } from "./crowd.js";
import { Feed } from "./feed.js";
import { NAME_PX, draw, readColours } from "./lanes.js";
import { Model } from "./model.js";
import { PARADIGMS } from "./paradigms.js";
import { Player, readRecording, recording, saveAs, traceOf } from "./replay.js";
import { walk } from "./steps.js";
import { fillTexts, text, whenLanguageChanges } from "./text.js";
import { showAgain } from "./tokens.js";

const $ = (selector) => document.querySelector(selector);
const model = new Model(), feed = new Feed(model, trouble, notice);
const canvas = $("#lanes"), runForm = $("#run");
const reduced = matchMedia("(prefers-reduced-motion: reduce)"), dark = matchMedia("(prefers-color-scheme: dark)");
let crowd = null, player = null, group = null, queue = [];

// --- choices

const chosen = () => $("#paradigms :checked").value;
const wait_s = () => Number($("#delay :checked").value);
const asked = () => Number(runForm.elements.requests.value);

function showParadigms() {
  const before = $("#paradigms :checked")?.value ?? "native";
  const legend = $("#paradigms legend");
  $("#paradigms").replaceChildren(legend, ...PARADIGMS.map((paradigm) => option("paradigm", paradigm, paradigm, before === paradigm, text("paradigms")[paradigm])));
}

function option(name, value, words, checked, remark = "") {
  const label = document.createElement("label"), input = document.createElement("input"), shown = document.createElement("span");
  Object.assign(input, { type: "radio", name, value, checked });
  shown.append(words);
  if (remark) shown.append(Object.assign(document.createElement("small"), { textContent: remark }));
  label.append(input, shown);
  return label;
}

/** The answers to "when does the last answer come": all at once, by the slots, one by one. */
function showPrediction() {
  const before = $("#predict-last :checked")?.value;
  const each = PARADIGMS.map((paradigm) => expected_s(paradigm, asked() || 1, wait_s(), model.about));
  const options = [...new Set(each)].sort((a, b) => a - b).map((s) => option("last", String(s), text("seconds", s), String(s) === before));
  $("#predict-last").replaceChildren($("#predict-last legend"), ...options);
}

function showFirst() {
  const choice = runForm.elements.first, before = choice.value;
  choice.replaceChildren(new Option(text("noGuess"), ""), ...PARADIGMS.map((paradigm) => new Option(paradigm)));
  choice.value = before;
}

const predicted = () => ({ bystander: $("#predict-bystander :checked")?.value, last: Number($("#predict-last :checked")?.value ?? 0) });

function forget(all) {
  for (const one of document.querySelectorAll(".predict input")) one.checked = false;
  if (all) runForm.elements.first.value = "";
}

// --- running

async function run(paradigm, guess) {
  const wanted = asked(), n = fitting(paradigm, wanted, wait_s(), model.about);
  crowd = new Crowd(paradigm, n, wait_s(), model, () => feed.now());
  busy(true);
  showCode(paradigm);
  tell(n < wanted ? text("fewer", n, paradigm, 15) : text("running", n, paradigm));
  if (n > 5 && !roomForCrowds()) trouble(text("noBrowserRoom"));
  await crowd.run();
  await feed.current?.answered; // a ping that was held up is part of the story
  light(paradigm, "");
  const truth = crowd.truth();
  conclude(sentence(truth, guess));
  return truth;
}

function conclude(said) {
  tell(said);
  const row = document.createElement("li");
  row.textContent = said;
  $("#results").prepend(row);
  while ($("#results").children.length > 12) $("#results").lastChild.remove();
}

async function runAll(paradigms, guess) {
  if (player || $("#go").getAttribute("aria-disabled") === "true") return;
  if (!runForm.reportValidity()) return trouble(text("badRequests"));
  trouble("");
  if (innerWidth < 600) $("#told").scrollIntoView(); // on a phone the picture is below the form
  alsoThere({ ask: "run", paradigms: [...paradigms], requests: asked(), wait: $("#delay :checked").value });
  queue = [...paradigms];
  const truths = [];
  while (queue.length) truths.push(await run(queue.shift(), guess));
  const who = truths.length === PARADIGMS.length && contest(truths, guess.first);
  if (who) conclude(who);
  busy(false);
  forget(paradigms.length > 1);
}

/** Buttons stay focusable: one that vanished from under the keyboard would lose its place. */
function busy(on) {
  $("#go").setAttribute("aria-disabled", String(on));
  $("#all").setAttribute("aria-disabled", String(on));
  $("#leave").setAttribute("aria-disabled", String(!on));
}

const tell = (words) => { $("#told").textContent = words; canvas.setAttribute("aria-label", `${text("lanesLabel")}. ${words}`); };
function trouble(words) {
  $("#trouble").textContent = words;
  $("#trouble").hidden = !words;
}

runForm.addEventListener("submit", (event) => {
  event.preventDefault();
  runAll([chosen()], predicted());
});
$("#all").addEventListener("click", () => runAll(PARADIGMS, { first: runForm.elements.first.value }));
function leave() {
  queue = [];
  crowd?.leave();
}
$("#leave").addEventListener("click", () => {
  alsoThere({ ask: "leave" });
  leave();
});

/** What the page beside may ask for: the same as a person here. */
const actions = {
  leave,
  run({ paradigms, requests, wait }) {
    runForm.elements.requests.value = requests;
    const delay = [...document.querySelectorAll("#delay input")].find((one) => one.value === wait);
    if (delay) delay.checked = true;
    runAll(paradigms.filter((one) => PARADIGMS.includes(one)), {});
  },
};
runForm.addEventListener("change", () => {
  showCode(chosen());
  showPrediction();
});
runForm.elements.requests.addEventListener("input", showPrediction);

// --- what the server says

function notice(event, flight) {
  if (event.kind === "hello") {
    $("#server span").dataset.text = player ? "recordedFrom" : "answeredBy";
    $("#server span").textContent = text($("#server span").dataset.text);
    $("#server strong").textContent = event.server;
    $("#server").hidden = false;
    document.title = text("pageTitle", event.server);
    servedBy(event.server);
    showPrediction();
    if (!player) meet(event, trouble, actions);
  }
  if (player) follow(event, flight);
  else crowd?.notice(event, flight);
  if (!flight) return;
  if (player && event.kind === "admitted") showCode(flight.paradigm);
  if (event.kind === "admitted" || event.kind === "started") light(flight.paradigm, "waits");
  if (event.kind === "resumed") light(flight.paradigm, "goes on");
}

/** Say of a recording what a live crowd would have been said of. */
function follow(event, flight) {
  if (event.kind === "hello") {
    group = null;
    $("#results").replaceChildren();
  }
  const before = group;
  group = regroup(group, event, flight, model.about);
  if (before && group !== before) sumUp(before);
  if (event.kind === "admitted") tell(text("running", group.asked, group.paradigm));
}

function sumUp(done) {
  if (done.told) return;
  done.told = true;
  light(done.paradigm, "");
  conclude(sentence(truthOf(done, model, done.last), {}));
}

function felt(took) {
  const shown = $("#latency");
  shown.textContent = took === null ? text("noAnswer") : text("seconds", took);
  shown.classList.toggle("slow", took === null || took > 0.1);
}

// --- drawing

function frame() {
  if (player) {
    player.play();
    const ping = model.pings.at(-1);
    if (ping) felt(ping.took ?? null);
    if (group && !group.open && player.now() > group.last + TOGETHER_S) sumUp(group);
  }
  const now = player ? player.now() : feed.now();
  const width = canvas.clientWidth, span = width < 600 ? 6 : 12;
  const still = span * (1 - Math.max(0.1, (NAME_PX + 5) / width)); // it begins where there is room for its name
  const to = crowd && !player && now - crowd.began < still ? crowd.began + still : now;
  draw(canvas, model, { from_s: to - span, to_s: to, now_s: now }, player ? group : crowd);
  if (reduced.matches) setTimeout(frame, 500);
  else requestAnimationFrame(frame);
}

dark.addEventListener("change", () => readColours(canvas));

// --- recordings

function replay(recorded) {
  feed.stop();
  embedSources(recorded.sources ?? []);
  crowd = group = null;
  player = new Player(recorded, model, notice);
  $("#back").hidden = false;
  tell(text("replaying", recorded.events[0].server));
}

$("#save").addEventListener("click", () => saveAs(`waiting-${model.about.server}.json`, recording(model, knownSources())));
$("#trace").addEventListener("click", () => saveAs(`trace-${model.about.server}.json`, traceOf(model)));
$("#open").addEventListener("click", () => $("#file").click());
$("#file").addEventListener("change", async ({ target }) => {
  const recorded = readRecording(await target.files[0].text());
  target.value = "";
  if (!recorded) return trouble(text("notARecording"));
  trouble("");
  replay(recorded);
});
$("#back").addEventListener("click", () => {
  player = null;
  $("#back").hidden = true;
  $("#open").focus();
  feed.pid = 0;
  feed.start();
  tell(text("toldFirst"));
});
for (const button of document.querySelectorAll("[data-steps]"))
  button.addEventListener("click", () => !player && walk(button.dataset.steps, model));

// --- beginning

whenLanguageChanges(() => {
  showParadigms();
  showFirst();
  showPrediction();
  if (model.about.server) document.title = text("pageTitle", model.about.server);
});
fillTexts();
readColours(canvas);
document.body.classList.toggle("framed", framed);
const embedded = document.querySelector("#recording");
if (embedded) {
  document.body.classList.add("recorded");
  replay(JSON.parse(embedded.textContent));
}
else {
  feed.start();
  feed.bystander(felt);
  showJar().catch(() => {});
  showAgain();
}
showCode("native");
frame();
