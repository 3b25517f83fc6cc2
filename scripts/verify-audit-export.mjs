#!/usr/bin/env node
/**
 * Checks an exported audit log against a signed checkpoint, with nothing of Fairlead: this file is all it takes.
 *
 *   node verify-audit-export.mjs --export audit.ndjson --checkpoint audit.checkpoint --public-key audit.pub
 *
 * The export is NDJSON (`fairlead audit export`), `-` for standard input. The public key is a PEM file or a verifier key
 * (`name+id+base64`); several may be given. A line with a `proof` is checked by itself. Lines without one have to be the
 * whole log, and are checked by computing the root of all of them.
 *
 * Written from the specifications alone: RFC 8785 (canonical JSON), RFC 9162 section 2.1 (tree hashes, inclusion
 * proofs), C2SP signed-note and tlog-checkpoint. Ends with 0 when everything holds, 1 when something does not, 2 when it
 * was called wrongly.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const leafHash = (text) => sha256(Buffer.from([0]), Buffer.from(text, 'utf8'));
const nodeHash = (left, right) => sha256(Buffer.from([1]), left, right);

/** Members sorted by UTF-16 code units; strings and numbers as JSON.stringify writes them (RFC 8785, section 3.2). */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

/** The public key as an object, and as the 32 bytes that its id is made of. */
function readKey(text) {
  const parts = text.trim().split('+');
  if (!text.includes('BEGIN') && parts.length >= 3) {
    const raw = Buffer.from(parts.slice(2).join('+'), 'base64').subarray(1);
    const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]);
    return { key: createPublicKey({ key: der, format: 'der', type: 'spki' }), raw };
  }
  const key = createPublicKey(text);
  return { key, raw: key.export({ format: 'der', type: 'spki' }).subarray(-32) };
}

/** The size and root of a checkpoint that one of the keys has signed, or why it is not to be believed. */
function readCheckpoint(note, keys) {
  const border = note.lastIndexOf('\n\n');
  if (border < 0 || !note.endsWith('\n')) throw new Error('the checkpoint is not a signed note');
  const text = note.slice(0, border + 1);
  const [origin, size, root] = text.split('\n');
  if (!/^(0|[1-9]\d*)$/.test(size ?? '')) throw new Error('the checkpoint has no size');
  const signatures = note.slice(border + 2, -1).split('\n');
  for (const { key, raw } of keys) {
    const id = sha256(`${origin}\n`, Buffer.from([1]), raw).subarray(0, 4);
    for (const line of signatures) {
      const [dash, name, encoded] = line.split(' ');
      const signature = Buffer.from(encoded ?? '', 'base64');
      if (dash !== '—' || name !== origin || !signature.subarray(0, 4).equals(id)) continue;
      if (!verify(null, Buffer.from(text), key, signature.subarray(4)))
        throw new Error('the signature does not verify');
      return { origin, size: Number(size), root: Buffer.from(root, 'base64') };
    }
  }
  throw new Error('the checkpoint is not signed by a given key');
}

/** Root of the tree from its leaves, one after the other: the roots of full subtrees, the largest first. */
class Tree {
  size = 0;
  peaks = [];

  add(leaf) {
    let node = leaf;
    for (let rest = this.size; rest % 2 === 1; rest = (rest - 1) / 2) node = nodeHash(this.peaks.pop(), node);
    this.peaks.push(node);
    this.size += 1;
  }

  root() {
    return this.size === 0 ? sha256('') : this.peaks.reduceRight((right, left) => nodeHash(left, right));
  }
}

/** RFC 9162, section 2.1.3.2, by recursion over the split: the root that leaf and proof lead to. */
function rootByProof(leaf, index, size, proof) {
  if (size === 1) {
    if (proof.length > 0) throw new Error('the proof is too long');
    return leaf;
  }
  if (proof.length === 0) throw new Error('the proof is too short');
  let split = 1;
  while (split * 2 < size) split *= 2;
  const sibling = proof.at(-1);
  const rest = proof.slice(0, -1);
  if (index < split) return nodeHash(rootByProof(leaf, index, split, rest), sibling);
  return nodeHash(sibling, rootByProof(leaf, index - split, size - split, rest));
}

/** The place, the leaf and the proof of a line: what places it is not part of the leaf. */
function readLine(text) {
  const { seq, projected: _projected, proof, ...record } = JSON.parse(text);
  if (!Number.isSafeInteger(seq) || seq < 0) throw new Error('the line has no place (seq)');
  // An entry whose record retention has taken: its leaf still stands in the tree, nothing is known of its content.
  const pruned = record.pruned === true && typeof record.leaf === 'string';
  const leaf = pruned ? Buffer.from(record.leaf, 'hex') : leafHash(canonical(record));
  return {
    seq,
    leaf,
    pruned,
    environment: record.environment,
    proof: proof?.map((hash) => Buffer.from(hash, 'base64')),
  };
}

async function check(lines, { origin, size, root }) {
  const here = origin.split('/').at(-1);
  const tree = new Tree();
  const counts = { entries: 0, proven: 0, pruned: 0, uncovered: 0, elsewhere: 0 };
  let number = 0;
  for await (const text of lines) {
    number += 1;
    try {
      const { seq, leaf, pruned, proof, environment } = readLine(text);
      // The log file holds the trees of both environments, and goes on after the checkpoint.
      const counted = environment !== here ? 'elsewhere' : seq >= size ? 'uncovered' : 'entries';
      counts[counted] += 1;
      if (counted !== 'entries') continue;
      counts.pruned += pruned ? 1 : 0;
      if (proof !== undefined) {
        if (!rootByProof(leaf, seq, size, proof).equals(root)) throw new Error(`entry ${seq} is not what was logged`);
        counts.proven += 1;
      } else {
        if (seq !== tree.size) throw new Error(`entry ${tree.size} is missing; a part of a log needs proofs`);
        tree.add(leaf);
      }
    } catch (error) {
      throw new Error(`line ${number}: ${error.message}`, { cause: error });
    }
  }
  if (tree.size === 0 && counts.proven > 0) return counts;
  if (tree.size !== size) throw new Error(`the export has ${tree.size} entries, the checkpoint covers ${size}`);
  if (!tree.root().equals(root)) throw new Error('an entry is not what was logged: the roots differ');
  return counts;
}

async function main() {
  const option = { type: 'string', multiple: true };
  const { values } = parseArgs({ options: { export: option, checkpoint: option, 'public-key': option } });
  const [file, note, keys] = [values.export?.[0], values.checkpoint?.[0], values['public-key']];
  if (file === undefined || note === undefined || keys === undefined) {
    console.error('usage: verify-audit-export.mjs --export FILE --checkpoint FILE --public-key FILE');
    return 2;
  }
  try {
    const checkpoint = readCheckpoint(
      readFileSync(note, 'utf8'),
      keys.map((path) => readKey(readFileSync(path, 'utf8'))),
    );
    const input = file === '-' ? process.stdin : createReadStream(file);
    const counts = await check(createInterface({ input, crlfDelay: Infinity }), checkpoint);
    console.log(JSON.stringify({ ok: true, origin: checkpoint.origin, size: checkpoint.size, ...counts }));
    return 0;
  } catch (error) {
    console.log(JSON.stringify({ ok: false, problem: error.message }));
    return 1;
  }
}

process.exitCode = await main();
