// The signed values and XSRF tokens of the vectors, read by Node: `node kit/vectors/run.mjs`. Nothing to install.
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";

const bytes = (text, kind) => (text === null ? null : Buffer.from(text, kind));
const isSigned = (kind, key, data, signature) => {
  const [right, given] = [createHmac(kind, key).update(data, "latin1").digest("hex"), signature].map((one) => bytes(one, "latin1"));
  return right.length === given.length && timingSafeEqual(right, given);
};
// As lenient as Python: behind a good signature Tornado reads "+1" and " 1_0" as numbers, and "Ym9i\n" as base64.
const int = (text) => (/^\s*[+-]?\d+(_\d+)*\s*$/.test(text) ? Number(text.replaceAll("_", "")) : NaN);
const hex = (text) => (/^([0-9a-f]{2})*$/i.test(text) ? bytes(text, "hex") : null);
function base64(text) {
  const known = text.replace(/[^A-Za-z0-9+/=]/g, ""), data = known.replace(/=/g, ""), over = data.length % 4;
  return over === 0 || (over > 1 && over + known.length - data.length >= 4) ? bytes(data, "base64") : null;
}

function fields(text, left = 4) { // each behind its length; then the signature
  const [head, size] = /^([^:]*):/.exec(text) ?? ["", ""], end = head.length + int(size);
  if (left === 0) return [text];
  return text[end] === "|" ? [text.slice(head.length, end), ...fields(text.slice(end + 1), left - 1)] : [];
}
function format1(raw, name, secret, now) {
  const [payload, stamp, signature, ...more] = raw.split("|");
  const whole = typeof secret === "string" && signature !== undefined && !more.length && !stamp.startsWith("0");
  return whole && isSigned("sha1", secret, name + payload + stamp, signature) && int(stamp) <= now + 31 * 86400 && { payload, stamp };
}
function format2(raw, name, secret) {
  const [key, stamp, named, payload, signature] = fields(raw.slice(2)), chosen = typeof secret === "string" ? secret : secret[int(key)];
  const whole = signature !== undefined && Number.isInteger(int(key)) && chosen !== undefined && named === name;
  return whole && isSigned("sha256", chosen, raw.slice(0, raw.length - signature.length), signature) && { payload, stamp };
}
function decode({ secret, name, value, max_age_days, now, min_version }) {
  const [raw, latinName] = [value, name].map((text) => Buffer.from(text).toString("latin1"));
  const version = Number(/^([1-9]\d{0,2})\|.*\n?$/.exec(raw)?.[1] ?? 1);
  const read = raw && version >= min_version && { 1: format1, 2: format2 }[version]?.(raw, latinName, secret, now);
  return read && int(read.stamp) >= now - max_age_days * 86400 ? base64(read.payload) : null;
}
function token(text) {
  const [version, mask, masked, created, ...more] = /^[1-9]\d*\|.*\n?$/.test(text) ? text.split("|") : [];
  if (!version) return hex(text) ?? bytes(text);
  const whole = version === "2" && Number.isInteger(int(created)) && !more.length && hex(mask)?.length === 4;
  return whole ? hex(masked)?.map((byte, i) => byte ^ hex(mask)[i % 4]) ?? null : null;
}

const cases = ["signed", "xsrf"].flatMap((name) => JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url))).cases);
const ends = cases.flatMap((c) => ({
  create: () => [[c, bytes(c.value, "base64"), decode({ ...c, value: c.result, max_age_days: 31, min_version: 1 })]],
  decode: () => [[c, ...(c.secret ? [bytes(c.result, "base64"), decode(c)] : [bytes(c.raw, "hex"), token(c.text)])]],
})[c.op]?.() ?? []);
const failed = ends.filter(([, wanted, got]) => (wanted && got ? !wanted.equals(got) : wanted !== got));
for (const [c] of failed) console.log("failed:", JSON.stringify(c).slice(0, 300));
console.log(`Node ${process.version}: ${ends.length} cases, ${failed.length} failed`);
process.exit(failed.length ? 1 : 0);
