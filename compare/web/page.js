// Two demonstrations: whose a cookie is, and what a long I/O does to everybody else.

const $ = (selector) => document.querySelector(selector);
const element = (tag, text, kind = "") => Object.assign(document.createElement(tag), { textContent: text, className: kind });

// --- cookies

const form = $("#cookie");
const JSON_TYPE = { "Content-Type": "application/json" };

/** Send a request and tell what was said; resolves to the body, {} without one. */
async function exchange(method, path, body, says = () => "") {
  const answer = await fetch(path, { method, body: body && JSON.stringify(body), headers: body && JSON_TYPE });
  const said = await answer.json().catch(() => ({}));
  tell(`${method} ${path} → ${answer.status}`, said.error?.message ?? says(said), !answer.ok);
  await showJar();
  return said;
}

function tell(line, remark, refused = false) {
  $("#exchange").classList.toggle("refused", refused);
  $("#exchange code").textContent = line;
  $("#exchange span").textContent = remark;
}

function given() {
  const fields = new FormData(form);
  const name = fields.get("name");
  return { fields, name, kind: fields.get("kind"), path: `/${fields.get("kind")}/${encodeURIComponent(name)}` };
}

const actions = {
  async set() {
    const { fields, path } = given();
    const lasts = fields.get("max_age");
    const body = { value: fields.get("value"), httponly: fields.has("httponly") };
    if (lasts) body.max_age = Number(lasts);
    await exchange("PUT", path, body, () => "A Set-Cookie header came with it, and the browser has stored it.");
    if (lasts === "5") setTimeout(showJar, 5_500);
  },
  read() {
    const { path, kind } = given();
    const absent = kind === "signed" ? "Absent, or not signed by this server: null." : "There is none: null.";
    const signed = (said) => (kind === "signed" ? `, signed with key ${said.key_version}` : "");
    return exchange("GET", path, undefined, (said) => (said.value === null ? absent : `“${said.value}”${signed(said)}`));
  },
  clear() {
    const { name } = given();
    const remark = "The server sent it empty and expired; it is the browser that deleted it.";
    return exchange("DELETE", `/cookies/${encodeURIComponent(name)}`, undefined, () => remark);
  },
  clearAll() {
    return exchange("DELETE", "/cookies", undefined, () => "One expired cookie for each that came with the request.");
  },
  async tamper() {
    const { name } = given();
    const value = scripted().get(name);
    if (value === undefined) return tell("document.cookie", `No script can see a cookie “${name}”.`, true);
    const at = Math.floor(value.length / 2);
    const changed = value.slice(0, at) + (value[at] === "0" ? "1" : "0") + value.slice(at + 1);
    document.cookie = `${name}=${changed}; path=/`;
    tell(`document.cookie = "${name}=…"`, "One character changed by script. Now read it.");
    await showJar();
  },
};

/** What scripts see: raw values by name. */
function scripted() {
  const pairs = document.cookie.split("; ").filter(Boolean);
  return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)]));
}

async function showJar() {
  const { cookies } = await (await fetch("/cookies")).json();
  const seen = scripted();
  const rows = Object.entries(cookies).map(([name, value]) => {
    const row = document.createElement("tr");
    row.append(element("td", name), Object.assign(element("td", value), { title: value }));
    row.append(seen.has(name) ? element("td", "yes") : element("td", "no", "unseen"));
    return row;
  });
  if (!rows.length) {
    rows.push(document.createElement("tr"));
    rows[0].append(Object.assign(element("td", "The browser sends no cookie."), { colSpan: 3 }));
  }
  $("#jar").replaceChildren(...rows);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(actions.set);
});
form.addEventListener("click", ({ target }) => target.dataset.do && attempt(actions[target.dataset.do]));

async function attempt(action) {
  if (!form.reportValidity()) return;
  try {
    await action();
  } catch {
    tell("No answer.", "Is the server still running?", true);
  }
}

// --- the bystander: a bar per ping, as wide as it took and, on a logarithmic scale, as high

const SECOND_PX = 60, PERIOD_S = 0.1, SLOW_S = 0.1, HEIGHT = 144, TOP_S = 5, BOTTOM_S = 0.0005;
const strip = $("#strip");
const moving = svg("g", {}), bands = svg("g", {}), bars = svg("g", {}), lines = svg("g", {}), scale = svg("g", {});
moving.append(bands, bars);
strip.append(lines, moving, scale);

function svg(tag, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

const now = () => performance.now() / 1000;
const sleep = (s) => new Promise((resolve) => setTimeout(resolve, s * 1000));
const height = (s) => (Math.log(Math.max(s, BOTTOM_S * 1.3) / BOTTOM_S) / Math.log(TOP_S / BOTTOM_S)) * HEIGHT * 0.82;
const text = (s) => (s < 0.01 ? `${(s * 1000).toFixed(1)} ms` : s < 1 ? `${Math.round(s * 1000)} ms` : `${s.toFixed(2)} s`);

for (const [s, label] of [[0.001, "1 ms"], [0.01, "10 ms"], [0.1, "0.1 s"], [1, "1 s"]]) {
  const y = HEIGHT - height(s);
  lines.append(svg("line", { x1: 0, x2: 4000, y1: y, y2: y, class: "grid" }));
  scale.append(svg("text", { x: 8, y: y - 3, class: "scale" }));
  scale.lastChild.textContent = label;
}

let current = null; // the ping on its way
let recent = [];

async function bystander() {
  for (;;) {
    if (document.hidden) await new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
    const ping = { sent: now(), bar: svg("rect", { class: "ping" }) };
    bars.append(ping.bar);
    current = ping;
    ping.answered = fetch("/ping", { cache: "no-store" }).then(() => true, () => false);
    const ok = await ping.answered;
    ping.took = now() - ping.sent;
    shape(ping, ping.took);
    $("#latency").textContent = ok ? text(ping.took) : "no answer";
    recent = [...recent.slice(-1000), ping];
    await sleep(ok ? Math.max(0, PERIOD_S - ping.took) : 1);
  }
}

function shape({ bar, sent }, took) {
  const tall = height(took);
  for (const [name, value] of Object.entries({
    x: sent * SECOND_PX, y: HEIGHT - tall, width: Math.max(took * SECOND_PX, 3), height: tall, rx: 1.5,
  })) bar.setAttribute(name, value);
  bar.classList.toggle("slow", took > SLOW_S);
  $("#latency").classList.toggle("slow", took > SLOW_S);
}

function frame() {
  const at = now(), width = strip.clientWidth;
  if (current && current.took === undefined && at - current.sent > 0.02) {
    shape(current, at - current.sent);
    $("#latency").textContent = text(at - current.sent);
  }
  for (const run of running) run.band.setAttribute("width", (at - run.start) * SECOND_PX);
  moving.setAttribute("transform", `translate(${width - at * SECOND_PX - 12} 0)`);
  for (const group of [bars, bands])
    while (group.firstChild && at * SECOND_PX - group.firstChild.getAttribute("x") > 4000) group.firstChild.remove();
  next();
}
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const next = () => (calm.matches ? setTimeout(frame, 500) : requestAnimationFrame(frame));

// --- the long I/O

const running = new Set();

async function wait(button) {
  const { paradigm } = button.dataset, output = button.parentElement.querySelector("output");
  const delay = $("#delay :checked").value;
  const run = { start: now(), band: svg("rect", { class: "band", y: 0, height: HEIGHT }) };
  const name = svg("text", { class: "name", x: run.start * SECOND_PX + 6, y: 16 + 14 * running.size });
  name.textContent = paradigm;
  run.band.setAttribute("x", run.start * SECOND_PX);
  bands.append(run.band, name);
  running.add(run);
  button.disabled = true;
  output.textContent = "waiting…";
  try {
    const answer = await fetch(`/io/${paradigm}?delay=${delay}`, { cache: "no-store" });
    const end = now(), said = await answer.json();
    if (!answer.ok) throw new Error(said.error.message);
    await current?.answered; // one that was held up is part of the story
    await sleep(0);
    const worst = Math.max(...recent.filter((p) => p.sent + p.took >= run.start && p.sent <= end).map((p) => p.took));
    const meanwhile = element("small", "worst ping ");
    meanwhile.append(element("b", Number.isFinite(worst) ? text(worst) : "–", worst > SLOW_S ? "slow" : ""));
    output.replaceChildren(text(end - run.start), meanwhile);
  } catch (error) {
    output.replaceChildren(element("b", error instanceof TypeError ? "no answer" : error.message, "slow"));
  } finally {
    run.band.setAttribute("width", (now() - run.start) * SECOND_PX);
    running.delete(run);
    button.disabled = false;
  }
}

$("#paradigms").addEventListener("click", ({ target }) => target.dataset.paradigm && wait(target));

async function introduce() {
  const { server } = await (await fetch("/io/native?delay=0")).json();
  if (!server) return;
  $("#server strong").textContent = server;
  $("#server").hidden = false;
  document.title = `${server}: ${document.title.toLowerCase()}`;
}

introduce().catch(() => {});
attempt(showJar);
bystander();
frame();
