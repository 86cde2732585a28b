// The signed values and XSRF tokens of the vectors, read by Node: `node kit/vectors/run.mjs`. Nothing to install.
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";

const load = (name) => JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url))).cases;
const same = (a, b) => a.length === b.length && timingSafeEqual(a, b);
const isSigned = (kind, key, data, signature) =>
  same(Buffer.from(createHmac(kind, key).update(data).digest("hex")), Buffer.from(signature, "latin1"));

// As lenient as Python: behind a good signature Tornado reads "+1" and " 1_0" as numbers, and "Ym9i\n" as base64.
const int = (text) => (/^\s*[+-]?\d+(_\d+)*\s*$/.test(text) ? Number(text.replaceAll("_", "")) : NaN);
function base64(text) {
  const known = text.replace(/[^A-Za-z0-9+/=]/g, ""), data = known.replace(/=/g, ""), over = data.length % 4;
  return over === 0 || (over > 1 && over + known.length - data.length >= 4) ? Buffer.from(data, "base64") : null;
}
const hex = (text) => (/^([0-9a-f]{2})*$/i.test(text) ? Buffer.from(text, "hex") : null);

function fields(text, left = 4) { // each behind its length; then the signature
  const [head, size] = /^([^:]*):/.exec(text) ?? ["", ""], end = head.length + int(size);
  if (left === 0) return [text];
  return text[end] === "|" ? [text.slice(head.length, end), ...fields(text.slice(end + 1), left - 1)] : [];
}

function decode({ secret, name, value, max_age_days, now, min_version }) {
  const raw = Buffer.from(value).toString("latin1"), versioned = typeof secret !== "string";
  const version = Number(/^([1-9]\d{0,2})\|.*\n?$/.exec(raw)?.[1] ?? 1);
  if (!raw || version < min_version || version > 2 || (version === 1 && versioned)) return null;
  let stamp, payload, good;
  if (version === 1) {
    const [first, second, signature, ...more] = raw.split("|");
    [payload, stamp] = [first, second];
    good = signature !== undefined && !more.length && isSigned("sha1", secret, name + payload + stamp, signature);
    good &&= int(stamp) <= now + 31 * 86400 && !stamp.startsWith("0");
  } else {
    const [key, at, signedName, content, signature] = fields(raw.slice(2));
    [payload, stamp] = [content, at];
    const chosen = versioned ? secret[int(key)] : secret;
    good = signature !== undefined && Number.isInteger(int(key)) && chosen !== undefined && signedName === name;
    good &&= isSigned("sha256", chosen, Buffer.from(raw.slice(0, raw.length - signature.length), "latin1"), signature);
  }
  return good && int(stamp) >= now - max_age_days * 86400 ? base64(payload) : null;
}

function token(text) {
  const version = /^([1-9]\d*)\|.*\n?$/.exec(text)?.[1];
  if (!version) return hex(text) ?? Buffer.from(text);
  const [, mask, masked, created, ...more] = text.split("|");
  const good = version === "2" && Number.isInteger(int(created)) && !more.length && hex(mask)?.length === 4 && hex(masked);
  return good ? good.map((byte, i) => byte ^ hex(mask)[i % 4]) : null;
}

const bytes = (text, kind) => (text === null ? null : Buffer.from(text, kind));
const ends = load("signed").map((c) =>
  c.op === "decode" ? [c, bytes(c.result, "base64"), decode(c)]
    : [c, bytes(c.value, "base64"), decode({ ...c, value: c.result, max_age_days: 31, min_version: 1 })]);
for (const c of load("xsrf")) if (c.op === "decode") ends.push([c, bytes(c.raw, "hex"), token(c.text)]);
const failed = ends.filter(([, wanted, got]) => (wanted && got ? !wanted.equals(got) : wanted !== got));
for (const [c] of failed) console.log("failed:", JSON.stringify(c).slice(0, 300));
console.log(`Node ${process.version}: ${ends.length} cases, ${failed.length} failed`);
process.exit(failed.length ? 1 : 0);
