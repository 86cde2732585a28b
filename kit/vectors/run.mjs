// The signed values and XSRF tokens of the vectors, read by Node: `node kit/vectors/run.mjs`. Nothing to install.
// Cases that need Python's leniency with numbers and base64 behind a good signature are counted, not checked.
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";

const load = (name) => JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url))).cases;
const mac = (kind, key, data) => Buffer.from(createHmac(kind, key).update(data).digest("hex"));
const same = (a, b) => a.length === b.length && timingSafeEqual(a, b);
const PLAIN = /^(0|-?[1-9]\d*)$/, BASE64 = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
class Lenient extends Error {}

function fields(text) {
  const found = [];
  for (let rest = text.slice(2), i = 0; i < 4; i++) {
    const colon = rest.indexOf(":"), size = rest.slice(0, colon);
    if (colon < 0 || !/^\d+$/.test(size)) { if (/^[\s+_\d]+$/.test(size)) throw new Lenient(); return null; }
    const end = colon + 1 + Number(size);
    if (rest[end] !== "|") return null;
    found.push(rest.slice(colon + 1, end));
    rest = rest.slice(end + 1);
    if (i === 3) found.push(rest);
  }
  return found;
}

function decode({ secret, name, value, max_age_days, now, min_version }) {
  const latin = Buffer.from(value).toString("latin1"), version = Number(/^([1-9]\d{0,2})\|.*\n?$/.exec(latin)?.[1] ?? 1);
  if (!value || version < min_version || version > 2) return null;
  let stamp, payload;
  if (version === 1) {
    const parts = latin.split("|");
    if (typeof secret !== "string" || parts.length !== 3) return null;
    [payload, stamp] = parts;
    if (!same(mac("sha1", secret, name + payload + stamp), Buffer.from(parts[2], "latin1"))) return null;
    if (Number(stamp) > now + 31 * 86400 || stamp.startsWith("0")) return null;
  } else {
    const found = fields(latin);
    if (!found) return null;
    const [key, signedName, signature] = [found[0], found[2], Buffer.from(found[4], "latin1")];
    [, stamp, , payload] = found;
    if (!PLAIN.test(key)) { if (/^[\s+_\d-]+$/.test(key)) throw new Lenient(); return null; }
    const chosen = typeof secret === "string" ? secret : secret[key];
    const signed = Buffer.from(latin, "latin1").subarray(0, latin.length - signature.length);
    if (chosen === undefined || !same(mac("sha256", chosen, signed), signature) || signedName !== name) return null;
  }
  if (!PLAIN.test(stamp)) { if (/^[\s+_\d-]+$/.test(stamp)) throw new Lenient(); return null; }
  if (Number(stamp) < now - max_age_days * 86400) return null;
  if (!BASE64.test(payload)) throw new Lenient();
  return Buffer.from(payload, "base64");
}

function token(text) {
  const version = /^([1-9]\d*)\|.*\n?$/.exec(text)?.[1];
  if (!version) return /^([0-9a-fA-F]{2})*$/.test(text) ? Buffer.from(text, "hex") : Buffer.from(text);
  const parts = text.split("|"), hex = /^([0-9a-fA-F]{2})*$/;
  if (version !== "2" || parts.length !== 4 || !hex.test(parts[1]) || !hex.test(parts[2]) || parts[1].length !== 8) return null;
  if (!PLAIN.test(parts[3])) { if (/^[\s+_\d-]+$/.test(parts[3])) throw new Lenient(); return null; }
  const mask = Buffer.from(parts[1], "hex");
  return Buffer.from(parts[2], "hex").map((byte, i) => byte ^ mask[i % 4]);
}

let total = 0, lenient = 0, failed = 0;
function check(wanted, got, c) {
  total++;
  try {
    const found = got();
    if ((wanted === null) === (found === null) && (wanted === null || wanted.equals(found))) return;
  } catch (error) { if (error instanceof Lenient) { lenient++; return; } throw error; }
  failed++;
  console.log("failed:", JSON.stringify(c).slice(0, 300));
}
for (const c of load("signed")) {
  if (c.op === "decode") check(c.result === null ? null : Buffer.from(c.result, "base64"), () => decode(c), c);
  else check(Buffer.from(c.value, "base64"), () => decode({ ...c, value: c.result, max_age_days: 31, min_version: 1 }), c);
}
for (const c of load("xsrf")) if (c.op === "decode") check(c.raw === null ? null : Buffer.from(c.raw, "hex"), () => token(c.text), c);
console.log(`Node ${process.version}: ${total} cases, ${lenient} that only Python reads, ${failed} failed`);
process.exit(failed ? 1 : 0);
