// What was seen, as a file: saved, opened again without a server, and as a trace for Perfetto (Chrome's JSON format).

const FORMAT = "waiting, recorded", VERSION = 1;

export const recording = (model, sources) => ({ format: FORMAT, version: VERSION, events: model.events, pings: model.pings.map(({ sent, took }) => ({ sent, took })), sources });

/** Return the recording in `text`, or null when there is none in it. */
export function readRecording(written) {
  try {
    const found = JSON.parse(written);
    const whole = found.format === FORMAT && found.version === VERSION && Array.isArray(found.events) && found.events[0]?.kind === "hello";
    return whole && found.events.every((one) => typeof one.kind === "string" && Number.isFinite(one.at_s)) ? found : null;
  } catch {
    return null;
  }
}

/** Spans of the loop, the threads and the requests, in microseconds. */
export function traceOf(model) {
  const zero = model.events[0]?.at_s ?? 0, us = (s) => Math.round((s - zero) * 1e6);
  const span = (name, from, to, tid, category) => ({ name, cat: category, ph: "X", ts: us(from), dur: Math.max(1, us(Math.min(to, model.last_s)) - us(from)), pid: 1, tid });
  const events = [{ name: "process_name", ph: "M", pid: 1, args: { name: model.about.server } }];
  [...model.threads].forEach(([name, spans], at) => {
    events.push({ name: "thread_name", ph: "M", pid: 1, tid: at + 1, args: { name } });
    for (const one of spans) events.push(span(`request ${one.flight}`, one.from, one.to, at + 1, one.orphan ? "orphan" : "work"));
  });
  for (const one of model.flights.values()) events.push(span(`${one.paradigm} ${one.number}`, one.admitted, one.over ?? Infinity, 1000 + one.row, one.how ?? "open"));
  for (const one of model.holds) events.push(span("loop held", one.from, one.to, 999, "loop"));
  return { traceEvents: events, displayTimeUnit: "ms" };
}

export function saveAs(name, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(content)], { type: "application/json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Plays `recorded` into `model` in its own time, again and again; `whenEvent` is called with each event. */
export class Player {
  constructor(recorded, model, whenEvent) {
    Object.assign(this, { recorded, model, whenEvent, at: 0, pingAt: 0 });
    this.zero = recorded.events[0].at_s;
    this.end = Math.max(...recorded.events.map((one) => one.at_s));
    this.began = performance.now() / 1000;
  }

  now() { return Math.min(this.zero + performance.now() / 1000 - this.began, this.end + 1); }

  /** Bring the model up to now. */
  play() {
    const { events, pings } = this.recorded, now = this.now();
    if (this.zero + performance.now() / 1000 - this.began > this.end + 4) {
      this.began = performance.now() / 1000;
      this.at = this.pingAt = 0;
      return;
    }
    while (this.at < events.length && events[this.at].at_s <= now) {
      const event = events[this.at++];
      this.whenEvent(event, this.model.apply(event));
    }
    while (this.pingAt < pings.length && pings[this.pingAt].sent <= now) this.model.pings.push(pings[this.pingAt++]);
  }
}
