/**
 * Loaded into a server before its program: the clock of the machine goes by the number of milliseconds in a file ahead,
 * so that hours pass for a process which is then killed for good. Durations inside a call are measured by another clock,
 * and stay as they are.
 */
import { readFileSync } from 'node:fs';

const FILE = process.env.PROOF_CLOCK_FILE;
const EVERY_MS = 20;
const now = Date.now.bind(Date);
let aheadMs = 0;
let readAtMs = -Infinity;

/** @returns {number} never less than before */
function ahead() {
  const atMs = performance.now();
  if (atMs - readAtMs < EVERY_MS) return aheadMs;
  readAtMs = atMs;
  aheadMs = Math.max(aheadMs, Number(readFileSync(FILE, 'utf8')) || 0);
  return aheadMs;
}

if (FILE !== undefined) Date.now = () => now() + ahead();
