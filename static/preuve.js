/* Checks a receipt in the page (docs/log.md §8). What it reads comes from this site alone; the text stays here. */
"use strict";

const FIELDS = ["basket", "bin", "centre", "class", "list", "policy", "pos", "prov"];
const TILE = 256, MOST_TILES = 200;
const bytesOf = (text) => new TextEncoder().encode(text);
const hex = (bytes) => [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
const joined = (...parts) => new Uint8Array(parts.flatMap((part) => [...part]));
const hashed = async (kind, ...parts) => new Uint8Array(await crypto.subtle.digest(kind, joined(...parts)));
const leaf = (entry) => hashed("SHA-256", [0], entry);
const node = (left, right) => hashed("SHA-256", [1], left, right);
const decoded = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

const fetched = async (name) => {
  const head = new URL(document.querySelector("[data-journal]").dataset.journal, location.href);
  const answer = await fetch(new URL(name, head));
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
};
const text = async (name) => new TextDecoder().decode(await fetched(name));

/* The parts of r2.TEXT; throws when it is none. */
const read = async (receipt) => {
  const [, sealed] = receipt.trim().match(/^r2\.([\w-]{100,6000})$/);
  const raw = decoded(sealed), view = new DataView(raw.buffer), height = raw[104];
  const part = (from, length) => raw.slice(from, from + length);
  const event = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(raw.slice(105 + 32 * height)));
  if (Object.keys(event).sort().join() !== FIELDS.join()) throw new Error("fields");
  const found = { event, deadline: new TextDecoder().decode(part(4, 16)), signature: part(20, 64) };
  found.commitment = await commitment(part(84, 16), event);
  const path = Array.from({ length: height }, (_, at) => part(105 + 32 * at, 32));
  found.root = await climb(await leaf(found.commitment), view.getUint16(100), view.getUint16(102), path);
  return found;
};

const commitment = async (nonce, event) => {
  const salts = [];
  for (const half of [0, 1]) {
    const both = await hashed("SHA-512", bytesOf("aiguillage-salts/v2\n"), [half], nonce);
    for (let at = 0; at < 64; at += 16) salts.push(both.slice(at, at + 16));
  }
  const digests = await Promise.all(FIELDS.map((name, at) =>
    hashed("SHA-256", bytesOf(`aiguillage-field/v2\n${name}\n`), salts[at], bytesOf(JSON.stringify(event[name])))));
  return hashed("SHA-256", bytesOf("aiguillage-event/v2\n"), ...digests);
};

const climb = async (hash, index, size, path) => {
  if (index >= size) throw new Error("index");
  for (let last = size - 1; last; index >>= 1, last >>= 1) {
    if (index & 1) hash = await node(path.shift(), hash);
    else if (index < last) hash = await node(hash, path.shift());
  }
  if (path.length) throw new Error("path");
  return hash;
};

const rootOf = async (leaves) => {
  let level = await Promise.all(leaves.map(leaf));
  while (level.length > 1) {
    const up = [];
    for (let at = 0; at < level.length; at += 2) up.push(at + 1 < level.length ? await node(level[at], level[at + 1]) : level[at]);
    level = up;
  }
  return hex(level[0]);
};

const isSigned = async ({ deadline, root, signature }) => {
  const [origin, , ...rest] = (await text("vkey")).trim().split("+");
  const key = await crypto.subtle.importKey("raw", decoded(rest.join("+")).slice(1), { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify("Ed25519", key, signature, bytesOf(`aiguillage-receipt/v2\n${origin}\n${deadline}\n${hex(root)}\n`));
};

const path = (number, width) => {
  const three = (n) => String(n % 1000).padStart(3, "0");
  let name = three(number);
  for (let rest = Math.floor(number / 1000); rest; rest = Math.floor(rest / 1000)) name = `x${three(rest)}/${name}`;
  return `tile/entries/${name}${width < TILE ? `.p/${width}` : ""}`;
};

/* The entries of the log from the newest tile back to the hour of the click, as [entry, when]; null when that is too far. */
const entriesSince = async (hour) => {
  const size = Number((await text("checkpoint")).split("\n")[1]), found = [];
  const last = Math.ceil(size / TILE) - 1;
  for (let number = last; number >= 0; number -= 1) {
    if (last - number >= MOST_TILES) return null;
    const bundle = await fetched(path(number, Math.min(TILE, size - number * TILE)));
    const view = new DataView(bundle.buffer);
    let older = false;
    for (let at = 0; at < bundle.length; at += 2 + view.getUint16(at)) {
      const entry = JSON.parse(new TextDecoder().decode(bundle.slice(at + 2, at + 2 + view.getUint16(at))));
      const when = entry.minute ?? (entry.at ?? (entry.hour ? `${entry.hour}:59` : "")).slice(0, 16);
      if (entry.t === "minute" && when < hour) older = true;
      found.push([entry, when]);
    }
    if (older) break;
  }
  return found;
};

/* [outcome, what it says of it]: the outcomes are those of verify.py (docs/log.md §8). */
const check = async (receipt) => {
  if (!globalThis.crypto?.subtle) return ["impossible", {}];
  let mine;
  try { mine = await read(receipt); } catch { return ["etranger", {}]; }
  try {
    if (!await isSigned(mine)) return ["etranger", {}];
  } catch (error) {
    if (error.name === "NotSupportedError") return ["impossible", {}];
    throw error;
  }
  const said = { deadline: mine.deadline, plateforme: mine.event.prov, classe: mine.event.class };
  const since = await entriesSince(mine.event.bin), sought = hex(mine.commitment);
  if (!since) return ["ancien", said];
  /* What is promised is the deadline: a click sealed after it is for verify.py to find. */
  const promised = ([entry, when]) => entry.t === "minute" && when >= mine.event.bin && when <= mine.deadline;
  for (const [entry] of since.filter(promised)) {
    const body = await fetched(entry.file);
    const parts = Array.from({ length: body.length / 32 }, (_, at) => body.slice(32 * at, 32 * at + 32));
    if (parts.some((one) => hex(one) === sought)) {
      if (await rootOf(parts) !== entry.root) return ["faux", { ...said, minute: entry.minute }];
      return [mine.event.class === "counted" ? "compte" : "ecarte", { ...said, minute: entry.minute, n: entry.events }];
    }
  }
  const reached = since.map(([, when]) => when).sort().pop() ?? "";
  return [reached > mine.deadline ? "omis" : "attente", { ...said, reached }];
};

const form = document.getElementById("preuve-texte").form, answer = document.getElementById("preuve-reponse");
const show = async () => {
  answer.dataset.etat = "lecture";
  let outcome, said = {};
  try { [outcome, said] = await check(form.elements.texte.value); } catch { outcome = "panne"; }
  const template = document.getElementById(`preuve-${outcome}`).content.cloneNode(true);
  template.querySelectorAll("[data-mot]").forEach((one) => { one.textContent = said[one.dataset.mot] ?? ""; });
  answer.replaceChildren(template);
  answer.dataset.etat = outcome;
};
form.addEventListener("submit", (event) => { event.preventDefault(); show(); });
const given = () => {
  if (location.hash.length > 1) { form.elements.texte.value = location.hash.slice(1); show(); }
};
addEventListener("hashchange", given);
form.hidden = false;
given();
