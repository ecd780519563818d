// Writes `corpus.json`: tokens and keys with the verdict each must get, whoever verifies it.
//
//   node tests/corpus/generate.mjs
//
// The private keys in `keys.json` are for this alone. Signatures that have randomness in them are
// kept from the last run where nothing else has changed, so that running it again changes nothing.
import { createHash, createPrivateKey, sign as signRaw, constants, verify as verifyRaw } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";

import { newKeyPair } from "../../scripts/demo/keys.mjs";

const here = (file) => new URL(file, import.meta.url);
const keys = JSON.parse(await readFile(here("keys.json"), "utf8").catch(() => "null")) ?? newKeys();
const before = new Map();
for (const { token } of JSON.parse(await readFile(here("corpus.json"), "utf8").catch(() => '{"cases":[]}')).cases) {
  if (typeof token !== "string") continue;
  const [input, kept] = [token.slice(0, token.lastIndexOf(".")), token.slice(token.lastIndexOf(".") + 1)];
  before.set(input, [...(before.get(input) ?? []), kept]);
}

function newKeys() {
  const made = {
    rsa: newKeyPair("rsa", { modulusLength: 2048 }),
    rsa1024: newKeyPair("rsa", { modulusLength: 1024 }),
    rsa2049: newKeyPair("rsa", { modulusLength: 2049 }),
    ec256: newKeyPair("ec", { namedCurve: "P-256" }),
    other256: newKeyPair("ec", { namedCurve: "P-256" }),
    ec384: newKeyPair("ec", { namedCurve: "P-384" }),
    ec521: newKeyPair("ec", { namedCurve: "P-521" }),
    ed: newKeyPair("ed25519"),
    x25519: newKeyPair("x25519"),
  };
  return Object.fromEntries(Object.entries(made).map(([name, { privateKey }]) => [name, privateKey]));
}

const PUBLIC = ["kty", "crv", "n", "e", "x", "y"];
/** The public part of a key, with these members changed. */
const pub = (name, patch = {}) => ({
  ...Object.fromEntries(Object.entries(keys[name]).filter(([member]) => PUBLIC.includes(member))),
  ...patch,
});

const b64 = (data) => Buffer.from(data).toString("base64url");
const OF_ALG = { RS: "rsa", PS: "rsa", ES256: "ec256", ES384: "ec384", ES512: "ec521", Ed: "ed" };
const keyOf = (alg) => OF_ALG[alg] ?? OF_ALG[alg.slice(0, 2)];

/** The signature of `input` as `alg` makes it. */
function signature(alg, input, name = keyOf(alg), patch = {}) {
  const hash = alg.startsWith("Ed") ? null : `sha${alg.slice(2)}`;
  const how = {
    key: createPrivateKey({ key: keys[name], format: "jwk" }),
    dsaEncoding: "ieee-p1363",
    ...(alg.startsWith("PS") ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: Number(alg.slice(2)) / 8 } : {}),
    ...patch,
  };
  return signRaw(hash, Buffer.from(input), how);
}

const NOW = 1_800_000_000;
const CLAIMS = { iss: "https://id.example", aud: "api", sub: "alice", iat: NOW - 10, exp: NOW + 300 };
const JWT = { issuer: CLAIMS.iss, audience: "api", now: NOW };

const text = (value) => (typeof value === "string" || value instanceof Uint8Array ? value : JSON.stringify(value));
/** A token of these parts, signed as its header says. */
function token(header = { alg: "RS256" }, payload = CLAIMS, { alg = header.alg ?? "RS256", key } = {}) {
  const input = `${b64(text(header))}.${b64(text(payload))}`;
  const random = /^(ES|PS)/.test(alg);
  const kept = random && before.get(input)?.find((kept) => verifies(alg, input, kept, key));
  if (kept) return `${input}.${kept}`;
  return `${input}.${b64(signature(alg, input, key))}`;
}
const verifies = (alg, input, kept, name = keyOf(alg)) => verifyRaw(`sha${alg.slice(2)}`, Buffer.from(input), {
  key: createPrivateKey({ key: keys[name], format: "jwk" }),
  dsaEncoding: "ieee-p1363",
  ...(alg.startsWith("PS") ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: Number(alg.slice(2)) / 8 } : {}),
}, Buffer.from(kept, "base64url"));

/** The token with its signature changed by `change`. */
function resigned(original, change) {
  const at = original.lastIndexOf(".") + 1;
  return original.slice(0, at) + b64(change(Buffer.from(original.slice(at), "base64url")));
}
const flipped = (at) => (bytes) => {
  bytes[at < 0 ? bytes.length + at : at] ^= 1;
  return bytes;
};
/** The token with other text in place of one of its segments. */
const segment = (original, index, change) => original.split(".").map((part, i) => (i === index ? change(part) : part)).join(".");

const ALL = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"];
const everyKey = { keys: ["rsa", "ec256", "ec384", "ec521", "ed"].map((name) => pub(name)) };
const cases = [];
/** A signature's verdict. */
const jws = (name, token, expect, { algorithms = ALL, keys = everyKey } = {}) => cases.push({ name, token, algorithms, keys, expect });
/** A whole token's verdict. */
const jwt = (name, token, expect, options = {}) => {
  const { algorithms = ALL, keys = everyKey, ...rest } = options;
  cases.push({ name, token, algorithms, keys, jwt: { ...JWT, ...rest }, expect });
};
const claims = (name, patch, expect, options) => jwt(name, token({ alg: "EdDSA" }, { ...CLAIMS, ...patch }), expect, options);
const raw = (name, payload, expect) => jwt(name, token({ alg: "EdDSA" }, payload), expect);

// Every algorithm, and what is near to a token of it.
for (const alg of ALL) {
  const good = token({ alg });
  jws(`${alg}`, good, "ok", { algorithms: [alg] });
  jwt(`${alg} with claims`, good, "ok", { algorithms: [alg] });
  jws(`${alg}, a bit of the signature flipped`, resigned(good, flipped(-1)), "jwt_signature");
  jws(`${alg}, its first byte changed`, resigned(good, flipped(0)), "jwt_signature");
  jws(`${alg}, a bit of the payload flipped`, segment(good, 1, (part) => (part[8] === "A" ? `${part.slice(0, 8)}B${part.slice(9)}` : `${part.slice(0, 8)}A${part.slice(9)}`)), "jwt_signature");
  jws(`${alg}, not accepted`, good, "jwt_alg", { algorithms: ALL.filter((other) => other !== alg) });
  jws(`${alg}, no signature`, segment(good, 2, () => ""), "jwt_signature");
  jws(`${alg}, a byte too few`, resigned(good, (bytes) => bytes.subarray(1)), "jwt_signature");
  jws(`${alg}, a byte too many`, resigned(good, (bytes) => Buffer.concat([Buffer.of(0), bytes])), "jwt_signature");
  jws(`${alg}, all zeros`, resigned(good, (bytes) => Buffer.alloc(bytes.length)), "jwt_signature");
  jws(`${alg}, all ones`, resigned(good, (bytes) => Buffer.alloc(bytes.length, 255)), "jwt_signature");
}

// The algorithm.
const header = (patch, options) => token({ alg: "RS256", ...patch }, CLAIMS, { alg: "RS256", ...options });
for (const alg of ["none", "None", "NONE", "nOnE", "HS256", "RS256 ", "rs256", "", null, 256, ["RS256"]]) {
  jws(`alg ${JSON.stringify(alg)}`, header({ alg }), "jwt_alg");
  jws(`alg ${JSON.stringify(alg)}, without a signature`, segment(header({ alg }), 2, () => ""), "jwt_alg");
}
jws("alg missing", token({}, CLAIMS, { alg: "RS256" }), "jwt_alg");
for (const [what, secret] of [["the key's JSON", JSON.stringify(pub("rsa"))], ["its modulus", Buffer.from(keys.rsa.n, "base64url")], ["nothing", ""]]) {
  const input = `${b64('{"alg":"HS256"}')}.${b64(text(CLAIMS))}`;
  jws(`HS256 keyed with ${what}`, `${input}.${createHash("sha256").update(secret).update(input).digest("base64url")}`, "jwt_alg");
}
for (const [alg, key, as] of [["RS256", "ec256", "ES256"], ["ES256", "ec384", "ES384"], ["ES384", "ec256", "ES256"], ["ES512", "ed", "EdDSA"], ["EdDSA", "rsa", "RS256"]]) {
  jws(`${alg} with a key for ${as}`, token({ alg, kid: "k" }, CLAIMS, { alg: as, key }), "jwks_no_key", { keys: { keys: [pub(key, { kid: "k" })] } });
}
jws("EdDSA with a key for agreement", token({ alg: "EdDSA" }), "jwks_no_key", { keys: { keys: [pub("x25519")] } });
jws("PS256 with a key marked RS256", token({ alg: "PS256" }), "jwks_no_key", { keys: { keys: [pub("rsa", { alg: "RS256" })] } });
jws("EdDSA with a key marked Ed25519", token({ alg: "EdDSA" }), "ok", { keys: { keys: [pub("ed", { alg: "Ed25519" })] } });

// The header.
for (const crit of [["x"], [], "x", ["exp"], ["alg"], ["b64"], null]) jws(`crit ${JSON.stringify(crit)}`, header({ crit, x: 1 }), "jwt_crit");
jws("b64 false, critical", header({ crit: ["b64"], b64: false }), "jwt_crit");
jws("b64 false", header({ b64: false }), "jwt_crit");
jws("b64 that is no boolean", header({ b64: "true" }), "jwt_crit");
jws("b64 true", header({ b64: true }), "ok");
const attacker = pub("other256");
jws("a key in the header", token({ alg: "ES256", jwk: attacker, jku: "https://evil.example/", x5u: "https://evil.example/", x5c: ["AA"] }, CLAIMS, { key: "other256" }), "jwt_signature");
for (const kid of [1, null, true, ["k"], {}]) jws(`kid ${JSON.stringify(kid)}`, header({ kid }), "jwt_malformed");
for (const kid of ["../../etc/passwd", "' OR 1=1", "__proto__", "constructor", "k\u0000", "K", ""]) {
  jws(`kid ${JSON.stringify(kid)}`, header({ kid }), "jwks_no_key", { keys: { keys: [pub("rsa", { kid: "k" })] } });
}
jws("kid __proto__, which is the key's", header({ kid: "__proto__" }), "ok", { keys: { keys: [pub("rsa", { kid: "__proto__" })] } });
jws("zip", header({ zip: "DEF" }), "jwt_malformed");
jws("a nested token", header({ cty: "JWT" }), "jwt_malformed");
jws("alg twice", token('{"alg":"RS256","alg":"RS256"}', CLAIMS, { alg: "RS256" }), "jwt_malformed");
jws("alg twice, once escaped", token('{"alg":"RS256","al\\u0067":"none"}', CLAIMS, { alg: "RS256" }), "jwt_malformed");
jws("kid twice", token('{"alg":"RS256","kid":"a","kid":"b"}', CLAIMS, { alg: "RS256" }), "jwt_malformed");
for (const [what, content] of [["an array", "[]"], ["a string", '"x"'], ["null", "null"], ["empty", ""], ["cut off", '{"alg":"RS256"'], ["followed by more", '{"alg":"RS256"}x'],
  ["with a raw newline", '{"alg":"RS256","x":"\n"}'], ["with a lone surrogate", '{"alg":"RS256","x":"\\ud800"}'], ["behind a byte-order mark", '\ufeff{"alg":"RS256"}'], ["in single quotes", "{'alg':'RS256'}"]]) {
  jws(`a header that is ${what}`, token(content, CLAIMS, { alg: "RS256" }), "jwt_malformed");
}
jws("a header of invalid UTF-8", token(Uint8Array.of(0x7b, 0xff, 0x7d), CLAIMS, { alg: "RS256" }), "jwt_malformed");
for (const typ of [1, null, ["JWT"]]) jws(`typ ${JSON.stringify(typ)}`, header({ typ }), "jwt_malformed");

// The form.
const good = token();
for (const [what, other] of [
  ["nothing", ""], ["one segment", good.split(".")[0]], ["two segments", good.split(".").slice(0, 2).join(".")], ["four segments", `${good}.AA`],
  ["five segments", `${good}.AA.AA`], ["a leading dot", `.${good}`], ["a trailing dot", `${good}.`], ["a space in front", ` ${good}`], ["a newline behind", `${good}\n`],
  ["JSON", JSON.stringify({ payload: good.split(".")[1], protected: good.split(".")[0], signature: good.split(".")[2] })],
]) jws(what, other, "jwt_malformed");
for (const [i, name] of ["header", "payload", "signature"].entries()) {
  for (const [what, change] of [["padding", (s) => `${s}=`], ["a plus", (s) => `+${s.slice(1)}`], ["a slash", (s) => `/${s.slice(1)}`], ["a space", (s) => `${s} `],
    ["a line break", (s) => `${s}\r\n`], ["one character too many", (s) => (s.length % 4 === 0 ? `${s}A` : s.slice(0, s.length - (s.length % 4)) + "A")]]) {
    jws(`${what} in the ${name}`, segment(good, i, change), "jwt_malformed");
  }
}
const loose = (part) => part.slice(0, -1) + "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"["ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".indexOf(part.at(-1)) | 1];
jws("trailing bits in the signature", segment(good, 2, loose), "jwt_malformed");

// Sizes, of which none is decoded. Long tokens are kept as their parts.
const long = (...parts) => parts;
const [head, body, end] = good.split(".");
jws("a token over 256 KiB", long(`${head}.`, { repeat: "A", times: 1 << 18 }, `.${end}`), "jwt_too_large");
jws("a header over 8 KiB", long({ repeat: "A", times: 8193 }, `.${body}.${end}`), "jwt_too_large");
const deep = (depth) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
jws("a header nested 33 deep", token(`{"alg":"RS256","x":${deep(32)}}`, CLAIMS, { alg: "RS256" }), "jwt_too_large");
jws("a header nested 32 deep", token(`{"alg":"RS256","x":${deep(31)}}`, CLAIMS, { alg: "RS256" }), "ok");
raw("a payload nested 33 deep", `{"x":${deep(32)}}`, "jwt_too_large");

// Signatures.
const es = token({ alg: "ES256" });
const N256 = Buffer.from("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", "hex");
const P256 = Buffer.from("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", "hex");
const next = Buffer.from(N256);
next[31] += 1;
for (const [what, number] of [["zero", Buffer.alloc(32)], ["the order", N256], ["the order and one", next], ["the prime", P256]]) {
  jws(`ES256, r is ${what}`, resigned(es, (bytes) => Buffer.concat([number, bytes.subarray(32)])), "jwt_signature");
  jws(`ES256, s is ${what}`, resigned(es, (bytes) => Buffer.concat([bytes.subarray(0, 32), number])), "jwt_signature");
}
const big = (bytes) => BigInt(`0x${bytes.toString("hex")}`);
const other = (bytes) => Buffer.concat([bytes.subarray(0, 32), Buffer.from((big(N256) - big(bytes.subarray(32))).toString(16).padStart(64, "0"), "hex")]);
jws("ES256, s in the other half of its range", resigned(es, other), "ok");
const derOf = (bytes) => {
  const number = (half) => {
    const short = half.subarray(half.findIndex((byte) => byte));
    const signed = short[0] & 0x80 ? Buffer.concat([Buffer.of(0), short]) : short;
    return Buffer.concat([Buffer.of(2, signed.length), signed]);
  };
  const both = Buffer.concat([number(bytes.subarray(0, 32)), number(bytes.subarray(32))]);
  return Buffer.concat([Buffer.of(0x30, both.length), both]);
};
jws("ES256 in DER", resigned(es, derOf), "jwt_signature");
jws("ES512 of 130 bytes", resigned(token({ alg: "ES512" }), (bytes) => Buffer.concat([bytes.subarray(1, 66), bytes.subarray(67)])), "jwt_signature");
for (const [what, saltLength] of [["no salt", 0], ["a salt of 20 bytes", 20], ["a salt too long", 64]]) {
  const input = `${b64('{"alg":"PS256"}')}.${b64(text({ ...CLAIMS, salt: saltLength }))}`;
  const kept = before.get(input)?.[0] ?? b64(signature("PS256", input, "rsa", { saltLength }));
  jws(`PS256 with ${what}`, `${input}.${kept}`, "jwt_signature");
}
const rs = token({ alg: "RS256" });
jws("RS256 with another hash", token({ alg: "RS256" }, CLAIMS, { alg: "RS512" }), "jwt_signature");
jws("RS256, the signature not below the modulus", resigned(rs, (bytes) => {
  const sum = big(bytes) + big(Buffer.from(keys.rsa.n, "base64url"));
  const hex = sum.toString(16).padStart(512, "0");
  return Buffer.from(hex.length > 512 ? "f".repeat(512) : hex, "hex");
}), "jwt_signature");
const ed = token({ alg: "EdDSA" });
const L = (1n << 252n) + 27742317777372353535851937790883648493n;
const little = (bytes) => big(Buffer.from(bytes).reverse());
jws("EdDSA, S and the order", resigned(ed, (bytes) => Buffer.concat([bytes.subarray(0, 32), Buffer.from((little(bytes.subarray(32)) + L).toString(16).padStart(64, "0"), "hex").reverse()])), "jwt_signature");
jws("EdDSA, R not canonical", resigned(ed, (bytes) => Buffer.concat([Buffer.from(`ee${"ff".repeat(30)}7f`, "hex"), bytes.subarray(32)])), "jwt_signature");
jws("EdDSA, R of small order", resigned(ed, (bytes) => Buffer.concat([Buffer.of(1), Buffer.alloc(31), bytes.subarray(32)])), "jwt_signature");
jws("RS256 of 2049 bits", token({ alg: "RS256", kid: "odd" }, CLAIMS, { key: "rsa2049" }), "ok", { keys: { keys: [pub("rsa2049")].map((key) => ({ ...key, kid: "odd" })) } });
jws("PS256 of 2049 bits", token({ alg: "PS256", kid: "odd" }, CLAIMS, { key: "rsa2049" }), "ok", { keys: { keys: [pub("rsa2049", { kid: "odd" })] } });

// Key sets.
const withKeys = (name, set, expect, alg = "RS256") => jws(name, token({ alg }), expect, { keys: set });
withKeys("no keys in the set", { keys: [] }, "jwks_no_key");
for (const [what, set] of [["no member keys", {}], ["keys that are null", { keys: null }], ["keys that are an object", { keys: { 0: pub("rsa") } }], ["an array", [pub("rsa")]], ["a lone key", pub("rsa")]]) {
  withKeys(`a set that is ${what}`, set, "jwks_invalid");
}
withKeys("201 keys", { keys: Array(201).fill({}) }, "jwks_too_large");
withKeys("200 keys", { keys: [...Array(199).fill({}), pub("rsa")] }, "ok");
withKeys("unknown and malformed keys beside a good one", { keys: [null, "key", [], {}, { kty: "AKP" }, { kty: "EC", crv: "P-256" }, pub("rsa", { kid: 1 }), pub("rsa")] }, "ok");
for (const [what, patch, expect] of [
  ["use enc", { use: "enc" }, "jwks_no_key"], ["use sig", { use: "sig" }, "ok"], ["key_ops without verify", { key_ops: ["encrypt"] }, "jwks_no_key"],
  ["key_ops verify", { key_ops: ["verify"] }, "ok"], ["use and key_ops that contradict", { use: "sig", key_ops: ["verify", "encrypt"] }, "jwks_no_key"],
  ["another alg", { alg: "RS512" }, "jwks_no_key"], ["an unknown alg", { alg: "RSA-OAEP" }, "jwks_no_key"], ["a private exponent", { d: "AQ" }, "jwks_no_key"], ["a prime", { p: "AQ" }, "jwks_no_key"],
  ["e = 1", { e: "AQ" }, "jwks_no_key"], ["an even e", { e: "AQAA" }, "jwks_no_key"], ["an e that is padded", { e: "AAEAAQ" }, "jwks_no_key"],
  ["a modulus with a zero in front", { n: b64(Buffer.concat([Buffer.of(0), Buffer.from(keys.rsa.n, "base64url")])) }, "jwks_no_key"],
  ["an even modulus", { n: b64(flipped(-1)(Buffer.from(keys.rsa.n, "base64url"))) }, "jwks_no_key"],
  ["base64 with padding", { n: `${keys.rsa.n}==` }, "jwks_no_key"], ["kty in small letters", { kty: "rsa" }, "jwks_no_key"], ["no modulus", { n: undefined }, "jwks_no_key"],
]) withKeys(`RSA, ${what}`, { keys: [pub("rsa", patch)] }, expect);
jws("RSA of 1024 bits", token({ alg: "RS256" }, CLAIMS, { key: "rsa1024" }), "jwks_no_key", { keys: { keys: [pub("rsa1024")] } });
withKeys("RSA of 8200 bits", { keys: [{ kty: "RSA", e: "AQAB", n: b64(Buffer.alloc(1025, 255)) }] }, "jwks_no_key");
withKeys("a secret key", { keys: [{ kty: "oct", k: "AAAA" }] }, "jwks_no_key");
for (const [what, patch, expect] of [
  ["x too short", { x: keys.ec256.x.slice(0, -2) }, "jwks_no_key"], ["off the curve", { y: b64(flipped(-1)(Buffer.from(keys.ec256.y, "base64url"))) }, "jwt_signature"],
  ["the origin", { x: b64(Buffer.alloc(32)), y: b64(Buffer.alloc(32)) }, "jwt_signature"], ["x not below the prime", { x: b64(P256) }, "jwt_signature"],
  ["no y", { y: undefined }, "jwks_no_key"], ["another curve's name", { crv: "P-384" }, "jwks_no_key"],
]) withKeys(`P-256, ${what}`, { keys: [pub("ec256", patch)] }, expect, "ES256");
withKeys("P-256, off the curve, beside the good key", { keys: [pub("ec256", { y: keys.ec256.x }), pub("ec256")] }, "ok", "ES256");
for (const hex of [
  `01${"00".repeat(31)}`, `01${"00".repeat(30)}80`, `ec${"ff".repeat(30)}7f`, "00".repeat(32), `${"00".repeat(31)}80`,
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  `ed${"ff".repeat(30)}7f`, `ee${"ff".repeat(30)}7f`,
]) withKeys(`Ed25519, the weak point ${hex.slice(0, 4)}…${hex.slice(-2)}`, { keys: [{ kty: "OKP", crv: "Ed25519", x: b64(Buffer.from(hex, "hex")) }] }, "jwks_no_key", "EdDSA");
withKeys("Ed25519, no point", { keys: [{ kty: "OKP", crv: "Ed25519", x: b64(Buffer.concat([Buffer.of(2), Buffer.alloc(31)])) }] }, "jwt_signature", "EdDSA");
withKeys("two keys of one kid, told apart by their type", { keys: [pub("ec256", { kid: "k" }), pub("rsa", { kid: "k" })] }, "ok");
withKeys("several keys and no kid", { keys: [pub("other256"), pub("ec256")] }, "ok", "ES256");
withKeys("the good key as the tenth", { keys: [...Array(9).fill(attacker), pub("ec256")] }, "ok", "ES256");
withKeys("the good key as the eleventh", { keys: [...Array(10).fill(attacker), pub("ec256")] }, "jwt_signature", "ES256");

// Payloads and claims.
for (const [what, content] of [["an array", "[]"], ["a string", '"x"'], ["null", "null"], ["empty", ""], ["aud twice", '{"aud":"api","aud":"api"}'], ["exp twice, once escaped", '{"exp":1,"ex\\u0070":2}'],
  ["invalid UTF-8", Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)], ["followed by more", "{}{}"], ["with a raw NUL", '{"iss":"\u0000"}']]) raw(`a payload that is ${what}`, content, "jwt_malformed");
for (const claim of ["exp", "iat", "nbf"]) {
  for (const value of ["1800000000", true, null, [NOW], -1, 1e18, 1_800_000_000_000]) claims(`${claim} is ${JSON.stringify(value)}`, { [claim]: value }, "claim_type");
}
raw("exp is 1e400", text(CLAIMS).replace(/"exp":\d+/, '"exp":1e400'), "claim_type");
raw("times with fractions", text(CLAIMS).replace(/"exp":(\d+)/, '"exp":$1.5').replace(/"iat":(\d+)/, '"iat":$1.5'), "ok");
claims("exp missing", { exp: undefined }, "id_token_exp");
claims("exp past", { exp: NOW - 100 }, "id_token_exp");
claims("exp now, no tolerance", { exp: NOW }, "id_token_exp", { clockTolerance: 0 });
claims("exp in a second, no tolerance", { exp: NOW + 1 }, "ok", { clockTolerance: 0 });
claims("exp 29 seconds ago", { exp: NOW - 29, iat: NOW - 60 }, "ok");
claims("exp 30 seconds ago", { exp: NOW - 30, iat: NOW - 60 }, "id_token_exp");
claims("exp 299 seconds ago, the greatest tolerance", { exp: NOW - 299, iat: NOW - 400 }, "ok", { clockTolerance: 300 });
claims("exp long before iat", { exp: NOW + 100, iat: NOW + 10_000 }, "id_token_exp");
claims("iat missing", { iat: undefined }, "id_token_iat");
claims("iat in 30 seconds", { iat: NOW + 30 }, "ok");
claims("iat in 31 seconds", { iat: NOW + 31 }, "id_token_iat");
claims("nbf in 30 seconds", { nbf: NOW + 30 }, "ok");
claims("nbf in 31 seconds", { nbf: NOW + 31 }, "id_token_nbf");
for (const iss of [undefined, null, "", "https://id.example/", "https://ID.example", "https://id.example\u0000", ["https://id.example"]]) claims(`iss is ${JSON.stringify(iss)}`, { iss }, "id_token_iss");
for (const aud of [undefined, null, "", [], {}, [1], "API", ["other"], ["api", 1], "api\u0000", [["api"]]]) claims(`aud is ${JSON.stringify(aud)}`, { aud }, "id_token_aud");
claims("aud in a list", { aud: ["other", "api"] }, "ok");
claims("one of several audiences", { aud: "second" }, "ok", { audience: ["first", "second"] });
claims("none of several audiences", { aud: "third" }, "id_token_aud", { audience: ["first", "second"] });
claims("no sub", { sub: undefined }, "ok");
for (const sub of ["", 7, null, "x".repeat(256)]) claims(`sub is ${JSON.stringify(sub).slice(0, 12)}`, { sub }, "id_token_sub");
raw("claims with names that objects have", '{"__proto__":{"admin":true},"constructor":1,"then":2,"hasOwnProperty":3,' + text(CLAIMS).slice(1), "ok");
raw("a number beyond what JavaScript holds", '{"id":9007199254740993,' + text(CLAIMS).slice(1), "ok");

// The kind.
const typed = (typ, expect, wanted) => jwt(`typ ${typ ?? "absent"}, wanted ${wanted ?? "nothing"}`, token({ alg: "EdDSA", typ }), expect, wanted ? { typ: wanted } : {});
for (const typ of [undefined, "JWT", "jwt"]) typed(typ, "ok");
for (const typ of ["at+jwt", "logout+jwt", "dpop+jwt", "oauth-authz-req+jwt", "JOSE", ""]) typed(typ, "jwt_typ");
for (const typ of ["at+jwt", "AT+JWT", "application/at+jwt", "Application/at+JWT"]) typed(typ, "ok", "at+jwt");
for (const typ of [undefined, "JWT", "at+jwtx", "application/JWT", "text/at+jwt"]) typed(typ, "jwt_typ", "at+jwt");
typed("at+jwt", "ok", "application/at+jwt");
typed(undefined, "jwt_typ", "JWT");

// The options.
jws("no algorithms", good, "config_invalid", { algorithms: [] });
jws("none as an algorithm", good, "config_invalid", { algorithms: ["none"] });
jws("HS256 as an algorithm", good, "config_invalid", { algorithms: ["RS256", "HS256"] });
for (const [what, options] of [["no issuer", { issuer: "" }], ["no audience", { audience: [] }], ["an empty audience", { audience: ["api", ""] }], ["a number as audience", { audience: 7 }],
  ["a tolerance over 300", { clockTolerance: 301 }], ["a negative tolerance", { clockTolerance: -1 }], ["an empty typ", { typ: "" }], ["a time that is text", { now: "1800000000" }]]) {
  jwt(what, good, "config_invalid", options);
}
// The order of two defects: the earlier check tells.
jwt("a wrong kind before a wrong signature", resigned(token({ alg: "EdDSA", typ: "at+jwt" }), flipped(-1)), "jwt_typ");
jwt("a wrong signature before wrong claims", resigned(token({ alg: "EdDSA" }, {}), flipped(-1)), "jwt_signature");
jwt("a wrong algorithm before a wrong kind", token({ alg: "EdDSA", typ: "at+jwt" }), "jwt_alg", { algorithms: ["RS256"] });

// Key sets by number, since few differ.
const sets = [];
const numberOf = (set) => {
  const json = JSON.stringify(set);
  const at = sets.findIndex((known) => JSON.stringify(known) === json);
  return at < 0 ? sets.push(set) - 1 : at;
};
const numbered = cases.map(({ keys: set, ...rest }) => ({ ...rest, keys: numberOf(set) }));
const names = new Set(cases.map(({ name }) => name));
if (names.size !== cases.length) throw new Error("two cases have one name");
const lines = (list) => list.map((item) => JSON.stringify(item)).join(",\n");
await writeFile(here("keys.json"), `${JSON.stringify(keys, null, 1)}\n`);
await writeFile(here("corpus.json"), `{"sets":[\n${lines(sets)}\n],"cases":[\n${lines(numbered)}\n]}\n`);
console.log(`${cases.length} cases, ${sets.length} key sets`);
