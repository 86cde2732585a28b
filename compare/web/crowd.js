// A crowd of requests from this page: more than six at once, which is all a browser opens to one name.

import { THREAD } from "./paradigms.js";
import { text } from "./text.js";

const PER_NAME = 5, HELD_UP_S = 0.1, LONGEST_S = 15, LEVEL_S = 0.03, NEWS_S = 10, NOTICED_S = 0.25;
export const TOGETHER_S = 0.3;
const OVER = new Set(["answered", "failed", "expired", "cancelled"]);

/** How many waits may overlap. */
export const slotsOf = (paradigm, about) => ({ loop: 1, pool: about.slots || 1 })[THREAD[paradigm]] ?? 1e6;

/** How long the last of `asked` answers takes by arithmetic, in seconds. */
export const expected_s = (paradigm, asked, wait_s, about) => Math.ceil(asked / slotsOf(paradigm, about)) * wait_s;

/** At most as many requests as end within 15 s, at least two. */
export const fitting = (paradigm, asked, wait_s, about) =>
  Math.min(asked, Math.max(2, slotsOf(paradigm, about) * Math.floor(LONGEST_S / wait_s)));

/** Names under which this machine also answers: every one below localhost does, and has connections of its own. */
const named = (number) => (location.hostname === "localhost" ? `http://w${number}.localhost:${location.port}` : "");
export const roomForCrowds = () => location.hostname === "localhost";

export class Crowd {
  constructor(paradigm, asked, wait_s, model, now) {
    Object.assign(this, { paradigm, asked, wait_s, model, began: now(), now, answers: [], over: false });
    this.slots = slotsOf(paradigm, model.about);
    this.stopper = new AbortController();
    this.mine = new Set();
    this.came = this.refused = 0;
    this.unseen = model.unseen;
    this.status = [];
  }

  /** Send all and wait for all; resolves when each is answered, refused or left. */
  async run() {
    const requests = Array.from({ length: this.asked }, (_, number) => this.one(number));
    await Promise.all(requests);
    const patience = this.now() + NEWS_S;
    do await new Promise((resolve) => setTimeout(resolve, 250)); // the last events are on their way
    while (!this.heard && this.now() < patience);
    this.over = true;
    this.ended = this.now();
  }

  /** Whether the server has said how each request ended that reached it; one that is gone says nothing more. Of those
      that left nobody here knows which did: news that is later than the leaving has named them all. */
  get heard() {
    if (this.status.includes(0)) return true;
    if (this.left && this.model.last_s < this.left + NOTICED_S) return false;
    const known = this.mine.size + this.refused + this.model.unseen - this.unseen;
    const open = [...this.mine].some((number) => this.model.flights.has(number) && this.model.flights.get(number).over === undefined);
    return known >= this.came && !open;
  }

  async one(number) {
    const host = this.asked > PER_NAME - 1 ? named(Math.floor(number / PER_NAME)) : "";
    const how = { cache: "no-store", signal: this.stopper.signal, mode: host ? "no-cors" : "same-origin", credentials: "omit" };
    try {
      const answer = await fetch(`${host}/io/${this.paradigm}?delay=${this.wait_s}`, how);
      this.came += 1;
      if (!host) this.status.push(answer.status);
    } catch (error) {
      if (error.name !== "AbortError") this.status.push(0);
    }
  }

  leave() {
    if (!this.left && !this.over) this.left = this.now();
    this.stopper.abort();
  }

  /** Take in an event that may be about one of these requests. */
  notice(event, flight) {
    if (this.over) return;
    if (event.kind === "admitted" && event.paradigm === this.paradigm && this.mine.size < this.asked) this.mine.add(event.flight);
    if (event.kind === "rejected" && event.paradigm === this.paradigm) this.refused += 1;
    if (event.kind === "answered" && this.mine.has(event.flight)) this.answers.push(flight.over);
  }

  /** What happened, in numbers. */
  truth() { return truthOf(this, this.model, this.ended ?? this.now()); }
}

/** What became of a crowd's requests and what the loop, the threads and the bystander did until it was over, in numbers. */
export function truthOf(crowd, model, until_s) {
  const flights = [...crowd.mine].map((number) => model.flights.get(number)).filter(Boolean);
  const loop = [...model.holds, ...(model.threads.get("loop") ?? [])].sort((a, b) => a.from - b.from);
  let held = 0, end = crowd.began;
  for (const one of loop) {
    held += Math.max(0, Math.min(one.to, until_s) - Math.max(one.from, end));
    end = Math.max(end, one.to);
  }
  const felt = model.pings.filter((one) => one.sent + (one.took ?? 0) >= crowd.began && one.sent <= until_s).map((one) => one.took ?? until_s - one.sent);
  const failed = Math.max(flights.filter((one) => one.how === "failed").length + crowd.refused, crowd.status.filter((status) => status !== 200).length);
  return {
    paradigm: crowd.paradigm,
    asked: crowd.asked,
    answered: Math.max(crowd.answers.length, model.unseen > crowd.unseen ? crowd.came - failed : 0),
    lastS: (crowd.answers.length ? Math.max(...crowd.answers) : until_s) - crowd.began,
    heldS: held,
    pings: felt.filter((s) => s > HELD_UP_S).length,
    worstS: Math.max(0, ...felt),
    threads: busiest(flights.filter((one) => one.started !== undefined && one.thread !== "loop")),
    cancelled: flights.filter((one) => one.how === "left").length,
    orphans: flights.filter((one) => one.orphan).length,
    unreached: !crowd.came && crowd.asked > 0 && crowd.status.length === crowd.asked,
    failed,
  };
}

/** A crowd as a recording shows it: requests of one way of waiting that came together, each while another was open or soon after news of one. */
export function regroup(before, event, flight, about) {
  if (event.kind === "admitted") {
    const same = before?.paradigm === event.paradigm && (before.open > 0 || event.at_s - before.last < TOGETHER_S);
    const group = same ? before : { paradigm: event.paradigm, began: event.at_s, wait_s: event.delay_s, slots: slotsOf(event.paradigm, about), asked: 0, open: 0, answers: [], mine: new Set(), came: 0, refused: 0, status: [], unseen: Infinity };
    group.asked += 1;
    group.open += 1;
    group.last = event.at_s;
    group.mine.add(event.flight);
    return group;
  }
  if (before?.mine.has(event.flight)) {
    before.last = event.at_s;
    if (OVER.has(event.kind)) before.open -= 1;
    if (event.kind === "answered") before.answers.push(flight.over);
  }
  return before;
}

/** How many of these worked in a thread at the same time, at most. */
function busiest(flights) {
  const turns = flights.flatMap((one) => [[one.started, 1], [one.ended ?? Infinity, -1]]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let now = 0, most = 0;
  for (const [, change] of turns) most = Math.max(most, (now += change));
  return most;
}

/** The sentence that tells the truth, and whether it was predicted. */
export function sentence(truth, predicted) {
  if (truth.unreached) return text("unreached", truth.paradigm);
  if (!truth.answered && truth.failed) return text("lacks", truth.paradigm);
  const told = text("truth", truth);
  if (!predicted.bystander && !predicted.last) return told;
  const bystander = !predicted.bystander || (predicted.bystander === "waits") === truth.pings > 0;
  const last = !predicted.last || Math.abs(predicted.last - truth.lastS) <= Math.max(0.35 * predicted.last, 0.2);
  return `${told} ${text(bystander && last ? "right" : "wrong")}`;
}

/** Who of several crowds was done first and who last, in a sentence, and whether `guess` was among the first. */
export function contest(truths, guess) {
  const done = truths.filter((one) => one.answered).sort((a, b) => a.lastS - b.lastS);
  if (done.length < 2) return "";
  const level = done.filter((one) => one.lastS <= done[0].lastS * 1.1 + LEVEL_S), first = level.map((one) => one.paradigm);
  const last = level.length < done.length ? done.at(-1) : null;
  const told = text("contest", { first, firstS: done[0].lastS, last: last?.paradigm, lastS: last?.lastS });
  return guess ? `${told} ${text(first.includes(guess) ? "right" : "wrong")}` : told;
}
