// The picture: one time axis, a lane for the loop, for each thread and each request, and what the bystander feels.

import { THREAD } from "./paradigms.js";
import { text } from "./text.js";

const TOP_S = 5, BOTTOM_S = 0.0005;
const MOST_POOL = 32, MOST_THREADS = 40;
/** How much of a lane its own name takes: the name of a crowd stands right of that. */
export const NAME_PX = 71;
const ink = {};
let hatch;

/** Read the colours of the style sheet, which knows light and dark. */
export function readColours(canvas) {
  const style = getComputedStyle(canvas);
  for (const name of ["ground", "ink", "quiet", "line", "accent", "slow", "band", "ghost", "orphan", "thin"])
    ink[name] = style.getPropertyValue(`--${name}`).trim();
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const pen = tile.getContext("2d");
  pen.fillStyle = ink.band;
  pen.fillRect(0, 0, 6, 6);
  pen.strokeStyle = ink.accent;
  pen.beginPath();
  for (const x of [-6, 0, 6]) { pen.moveTo(x - 1, 7); pen.lineTo(x + 7, -1); }
  pen.stroke();
  hatch = canvas.getContext("2d").createPattern(tile, "repeat");
}

/** Draw `model` in a window of time, up to now; `run` is the crowd on its way or the last one, if any. */
export function draw(canvas, model, { from_s, to_s, now_s }, run) {
  const width = canvas.clientWidth, scale = devicePixelRatio || 1;
  const threads = lanesOf(model, from_s);
  const rows = rowsOf(model, from_s);
  const sizes = { loop: 18, pool: threads.pool.length * 7, threads: threads.others.length * 7, requests: Math.max(24, Math.min(150, rows * 9)), answers: 64, pings: 62, count: 40 };
  const height = Object.values(sizes).reduce((sum, one) => sum + one + (one ? 20 : 0), 24);
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.style.height = `${height}px`;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.fillStyle = ink.ground;
  pen.fillRect(0, 0, width, height);
  const sheet = { pen, width, from_s, to_s, now_s, x: (s) => ((s - from_s) / (to_s - from_s)) * width };
  axis(sheet, height, run?.began ?? to_s);

  let y = 16;
  const next = (name) => {
    if (!sizes[name]) return 0;
    const top = y;
    y += sizes[name] + 20;
    return top;
  };
  loopLane(sheet, next("loop"), sizes.loop, model);
  threadLanes(sheet, next("pool"), threads.pool, "lanePool", model);
  threadLanes(sheet, next("threads"), threads.others, "laneThreads", model);
  requestLanes(sheet, next("requests"), sizes.requests, rows, model);
  answers(sheet, next("answers"), sizes.answers, run);
  pings(sheet, next("pings"), sizes.pings, model);
  counts(sheet, next("count"), sizes.count, model);
}

function lanesOf(model, from_s) {
  const used = [...model.threads].filter(([name, spans]) => name !== "loop" && spans.some((one) => one.to >= from_s)).map(([name]) => name);
  const slots = Math.min(model.about.slots, MOST_POOL);
  const number = (name) => Number(name.split(" ")[1]);
  const others = used.filter((name) => name.startsWith("thread")).sort((a, b) => number(a) - number(b)).slice(0, MOST_THREADS);
  return { pool: Array.from({ length: slots }, (_, at) => `pool ${at + 1}`), others };
}

function rowsOf(model, from_s) {
  let most = 0;
  for (const one of model.flights.values()) if (!(endOf(one) < from_s)) most = Math.max(most, one.row + 1);
  return most;
}

const endOf = (one) => (one.orphan ? (one.ended ?? Infinity) : (one.over ?? Infinity));

function bar({ pen, x, width, now_s }, from, to, top, high, fill, least = 1) {
  const left = Math.max(x(from), -2), right = Math.min(x(to === Infinity ? now_s : to), width + 2);
  if (right < 0 || left > width) return;
  pen.fillStyle = fill;
  const from_px = Math.round(left), top_px = Math.round(top); // whole pixels are filled without blending
  pen.fillRect(from_px, top_px, Math.max(Math.round(right) - from_px, least), Math.max(1, Math.round(top + high) - top_px));
}

function dotted({ pen, x, now_s }, from, to, y) {
  pen.strokeStyle = ink.quiet;
  pen.setLineDash([1.5, 3]);
  pen.beginPath();
  pen.moveTo(Math.max(x(from), 0), y);
  pen.lineTo(x(Math.min(to, now_s)), y);
  pen.stroke();
  pen.setLineDash([]);
}

function label({ pen }, words, y, x = 8) {
  pen.font = "11px system-ui, sans-serif";
  pen.lineWidth = 3;
  pen.lineJoin = "round";
  pen.strokeStyle = ink.ground;
  pen.strokeText(words, x, y);
  pen.lineWidth = 1;
  pen.fillStyle = ink.quiet;
  pen.fillText(words, x, y);
}

function axis(sheet, height, zero_s) {
  const { pen, x, from_s, to_s, width } = sheet;
  pen.strokeStyle = ink.line;
  pen.beginPath();
  for (let s = Math.ceil(from_s - zero_s); zero_s + s <= to_s; s += 1) {
    const at = Math.round(x(zero_s + s)) + 0.5;
    pen.moveTo(at, 0);
    pen.lineTo(at, height);
  }
  pen.stroke();
  for (let s = Math.ceil(from_s - zero_s); zero_s + s <= to_s; s += 1) {
    const at = x(zero_s + s);
    if (at < width - 26 && at > 20) label(sheet, `${s} s`, height - 5, at + 3);
  }
}

function loopLane(sheet, top, high, model) {
  bar(sheet, sheet.from_s, sheet.to_s, top, high, ink.band);
  for (const { from, to } of model.holds) bar(sheet, from, to, top, high, ink.slow, 2);
  for (const one of model.threads.get("loop") ?? []) bar(sheet, one.from, one.to, top, high, ink.slow, 2);
  label(sheet, text("laneLoop"), top - 4);
}

function threadLanes(sheet, top, names, words, model) {
  names.forEach((name, at) => {
    const y = top + at * 7;
    bar(sheet, sheet.from_s, sheet.to_s, y, 5, ink.band);
    for (const one of model.threads.get(name) ?? []) {
      const left = one.orphan || Infinity;
      bar(sheet, one.from, Math.min(one.to, left), y, 5, ink.accent, 2);
      if (left < one.to) bar(sheet, left, one.to, y, 5, ink.orphan, 2);
    }
  });
  if (names.length) label(sheet, `${text(words)} (${names.length})`, top - 4);
}

function requestLanes(sheet, top, high, rows, model) {
  const each = rows ? high / rows : high, thick = Math.max(1, Math.min(8, each - 1));
  const waits = thick < 3 ? ink.thin : hatch; // what hatching looks like where there is no room for it
  let before = null; // the last one that is named
  for (const one of model.flights.values()) {
    if (endOf(one) < sheet.from_s) continue;
    if (one.paradigm !== before?.paradigm || one.admitted - before.admitted > one.delay_s + 0.3) {
      const at = Math.max(NAME_PX, sheet.x(one.admitted)); // beside the lane's name, as long as some of it is beyond that
      if (at < sheet.width - 50 && sheet.x(Math.min(endOf(one), sheet.to_s)) > at) label(sheet, one.paradigm, top - 4, at);
      before = one;
    }
    const y = top + one.row * each, over = one.over ?? Infinity;
    const inThread = one.started !== undefined && one.thread !== "loop";
    if (THREAD[one.paradigm] === "none") bar(sheet, one.admitted, one.resumed ?? over, y, thick, waits);
    else if (one.started === undefined) dotted(sheet, one.admitted, over, y + thick / 2);
    else {
      dotted(sheet, one.admitted, one.started, y + thick / 2);
      bar(sheet, one.started, Math.min(one.ended ?? Infinity, over), y, thick, inThread ? waits : ink.slow, 2);
    }
    if (one.how === "left") bar(sheet, over, over + 0.06, y, thick, ink.ghost, 5);
    if (one.how === "failed") bar(sheet, over, over + 0.03, y, thick, ink.slow, 4);
    if (one.how === "answered") bar(sheet, over, over, y, thick, ink.ink, 2);
    if (one.orphan) bar(sheet, over, one.ended ?? Infinity, y, thick, ink.orphan, 2);
  }
  label(sheet, text("laneRequests"), top - 4);
  if (!rows) label(sheet, text("hintRequests"), top + high / 2 + 4, 24);
}

function answers(sheet, top, high, run) {
  const { pen, x, to_s } = sheet;
  label(sheet, text("laneAnswers"), top - 4);
  pen.strokeStyle = ink.line;
  pen.strokeRect(-1, top + 0.5, sheet.width + 2, high);
  if (!run?.asked) return label(sheet, text("hintAnswers"), top + high / 2 + 4, 24);
  const y = (count) => top + high - (count / run.asked) * (high - 6);
  pen.strokeStyle = ink.quiet;
  pen.setLineDash([4, 3]);
  pen.beginPath();
  pen.moveTo(x(run.began), y(0));
  for (let done = 0, wave = 1; done < run.asked && wave <= 400; wave += 1) {
    pen.lineTo(x(run.began + wave * run.wait_s), y(done));
    done = Math.min(run.asked, done + run.slots);
    pen.lineTo(x(run.began + wave * run.wait_s), y(done));
  }
  pen.stroke();
  pen.setLineDash([]);
  if (run.slots < run.asked) label(sheet, text("ceiling", run.slots, run.wait_s), top + 12, Math.max(8, x(run.began) + 6));
  pen.fillStyle = ink.accent;
  run.answers.forEach((at, number) => {
    if (at > to_s) return;
    pen.beginPath();
    pen.arc(x(at), y(number + 1), run.asked > 60 ? 1.8 : 2.6, 0, 7);
    pen.fill();
  });
}

const tall = (s, high) => (Math.log(Math.max(s, BOTTOM_S * 1.3) / BOTTOM_S) / Math.log(TOP_S / BOTTOM_S)) * high;

function pings(sheet, top, high, model) {
  const lines = [0.001, 0.1].map((s) => ({ y: Math.round(top + high - tall(s, high)) + 0.5, words: text("seconds", s) }));
  for (const { y } of lines) {
    sheet.pen.strokeStyle = ink.line;
    sheet.pen.beginPath();
    sheet.pen.moveTo(0, y);
    sheet.pen.lineTo(sheet.width, y);
    sheet.pen.stroke();
  }
  for (const { sent, took } of model.pings) {
    const s = took ?? Math.max(0, sheet.now_s - sent), up = Math.min(high, tall(s, high));
    bar(sheet, sent, sent + s, top + high - up, up, s > 0.1 ? ink.slow : ink.accent, 3);
  }
  for (const { y, words } of lines) label(sheet, words, y - 2, sheet.width - 46);
  label(sheet, text("lanePings"), top - 4);
}

function counts(sheet, top, high, model) {
  const { pen, x, from_s, to_s } = sheet;
  const shown = model.ticks.filter((one) => one.at_s >= from_s - 0.2 && one.at_s <= to_s);
  label(sheet, text("laneCount"), top - 4);
  if (!shown.length) return;
  const most = Math.max(10, ...shown.map((one) => one.threads));
  for (const one of shown) bar(sheet, one.at_s - 0.1, one.at_s, top + high - Math.min(high, tall(one.lag_s, high)), Math.min(high, tall(one.lag_s, high)), one.lag_s > 0.1 ? ink.slow : ink.line);
  pen.strokeStyle = ink.ink;
  pen.lineWidth = 1.5;
  pen.beginPath();
  shown.forEach((one, at) => pen[at ? "lineTo" : "moveTo"](x(one.at_s), top + high - (one.threads / most) * (high - 4)));
  pen.stroke();
  pen.lineWidth = 1;
  label(sheet, `${shown.at(-1).threads}`, top + high - (shown.at(-1).threads / most) * (high - 4) - 3, Math.min(x(shown.at(-1).at_s), sheet.width) - 24);
}
