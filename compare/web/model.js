// What was seen: events of the server and pings of the bystander, on the server's clock. No drawing, no network.

const MOST_EVENTS = 40_000, FORGET_S = 120;
const KINDS = new Set("admitted started ended orphaned resumed answered failed expired cancelled held lost tick".split(" "));
const ENDS = { answered: "answered", failed: "failed", expired: "failed", cancelled: "left" };

export class Model {
  constructor() {
    this.events = [];
    this.pings = [];
    this.begin({ server: "", slots: 0, work: "", at_s: 0 });
  }

  begin(hello) {
    this.about = hello;
    this.flights = new Map();
    this.threads = new Map(); // name -> spans, each { flight, from, to, orphan }
    this.holds = [];
    this.ticks = [];
    this.rows = []; // which row of the requests is taken, and until when
    this.missing = { flights: 0, events: 0 };
    this.last_s = hello.at_s;
  }

  /** Take in one event; returns the flight it belongs to, if any. */
  apply(event) {
    if (event.kind === "hello") {
      this.begin(event);
      this.events = [];
      this.pings = [];
    }
    this.events.push(event);
    if (this.events.length > MOST_EVENTS) this.events.splice(1, MOST_EVENTS / 4);
    this.last_s = Math.max(this.last_s, event.at_s);
    const flight = this.flights.get(event.flight);
    if (KINDS.has(event.kind)) this[event.kind](event, flight);
    return flight ?? this.flights.get(event.flight);
  }

  admitted({ flight, paradigm, delay_s, at_s }) {
    let row = this.rows.findIndex((taken) => !taken);
    if (row < 0) row = this.rows.length;
    this.rows[row] = true;
    this.flights.set(flight, { number: flight, paradigm, delay_s, admitted: at_s, row });
  }

  started({ flight, thread, at_s }, open) {
    if (open) Object.assign(open, { started: at_s, thread });
    const span = { flight, from: at_s, to: Infinity, orphan: false };
    if (!this.threads.has(thread)) this.threads.set(thread, []);
    this.threads.get(thread).push(span);
  }

  ended({ flight, thread, orphan, at_s }, open) {
    if (open) open.ended = at_s;
    const span = this.threads.get(thread)?.findLast((one) => one.flight === flight);
    if (span) span.to = at_s;
    if (orphan && open) this.free(open);
  }

  orphaned(_event, open) {
    if (!open) return;
    open.orphan = true;
    this.rows[open.row] = true;
    const span = this.threads.get(open.thread)?.findLast((one) => one.flight === open.number);
    if (span) span.orphan = open.left;
  }

  resumed({ at_s }, open) { if (open) open.resumed = at_s; }
  answered(event, open) { this.settle(event, open); }
  failed(event, open) { this.settle(event, open); }
  expired(event, open) { this.settle(event, open); open && (open.left = event.at_s); }
  cancelled(event, open) { this.settle(event, open); open && (open.left = event.at_s); }

  /** How much the server said it could not show. */
  get unseen() { return this.missing.flights + this.missing.events; }

  settle({ kind, at_s }, open) {
    if (!open) return;
    Object.assign(open, { over: at_s, how: ENDS[kind] });
    this.free(open);
  }

  free(open) { this.rows[open.row] = false; }

  held({ from_s, at_s }) { this.holds.push({ from: from_s, to: at_s }); }

  lost({ flights, events }) {
    this.missing.flights += flights;
    this.missing.events += events;
  }

  tick(event) {
    this.ticks.push(event);
    const before = event.at_s - FORGET_S;
    if (this.ticks[0].at_s < before) {
      this.ticks = this.ticks.filter((one) => one.at_s >= before);
      this.holds = this.holds.filter((one) => one.to >= before);
      this.pings = this.pings.filter((one) => one.sent + (one.took ?? 0) >= before);
      for (const [number, one] of this.flights) if (one.over < before && !(one.orphan && !one.ended)) this.flights.delete(number);
      for (const [name, spans] of this.threads) this.threads.set(name, spans.filter((one) => one.to >= before));
    }
  }
}
