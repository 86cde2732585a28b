// The server's events as they come, and the bystander, who asks for /ping ten times a second.

import { text } from "./text.js";

const PERIOD_S = 0.1, AGAIN_S = 1;
const browserNow = () => performance.now() / 1000;
const pause = (s) => new Promise((resolve) => setTimeout(resolve, s * 1000));

/** Fills `model` from the server and goes on by itself after every failure; `says(sentence or "")` tells of trouble. */
export class Feed {
  constructor(model, says, whenEvent) {
    Object.assign(this, { model, says, whenEvent, offset: 0, pid: 0, stopped: false, current: null });
  }

  /** The server's clock, as well as it can be told from here: an event is never received before it happened. */
  now() { return browserNow() + this.offset; }

  listen() {
    const source = new EventSource("/events");
    this.source = source;
    source.onmessage = ({ data }) => this.take(JSON.parse(data));
    source.onerror = () => {
      source.close();
      if (!this.stopped) this.again();
    };
  }

  take(event) {
    const seen = event.at_s - browserNow();
    if (event.kind === "hello") {
      this.offset = seen;
      this.says(this.pid && this.pid !== event.pid ? text("restarted") : "");
      this.pid = event.pid;
    } else if (event.kind === "tick") this.offset = Math.max(this.offset - 0.0001, seen);
    const flight = this.model.apply(event);
    if (event.kind === "lost") this.says(text("lost", this.model.missing.flights, this.model.missing.events));
    this.whenEvent(event, flight);
  }

  async again() {
    const status = await fetch("/events", { method: "HEAD", cache: "no-store" }).then((answer) => answer.status, () => 0);
    this.says(text(status === 503 ? "tooMany" : "noEvents"));
    await pause(AGAIN_S);
    if (!this.stopped) this.listen();
  }

  stop() {
    this.stopped = true;
    this.source?.close();
  }

  start() {
    this.stopped = false;
    this.listen();
  }

  async bystander(show) {
    for (;;) {
      if (document.hidden) await new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
      if (this.stopped) { await pause(0.5); continue; }
      const ping = { sent: this.now() };
      this.current = ping;
      this.model.pings.push(ping);
      ping.answered = fetch("/ping", { cache: "no-store" }).then(() => true, () => false);
      const ok = await ping.answered;
      ping.took = this.now() - ping.sent;
      show(ok ? ping.took : null);
      await pause(ok ? Math.max(0, PERIOD_S - ping.took) : AGAIN_S);
    }
  }
}
