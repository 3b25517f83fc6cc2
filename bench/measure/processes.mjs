/**
 * What processes use, read from /proc: CPU time and memory of a process with its threads and its children. On a system
 * without /proc the figures are absent.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const hasProc = existsSync('/proc/self/stat');
const usPerTick = hasProc ? 1e6 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) : NaN;

/** Fields of /proc/<pid>/stat from the third on (the second is a name that may hold anything), or `undefined`. */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** The processes of `roots` with all their descendants that live. */
export function familyOf(roots) {
  if (!hasProc) return [...roots];
  const children = new Map();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(name) : undefined;
    if (stat === undefined) continue;
    const parent = Number(stat[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = [...roots];
  for (let at = 0; at < found.length; at += 1) found.push(...(children.get(found[at]) ?? []));
  return found;
}

/**
 * CPU microseconds that processes have used so far: user and system, all threads, children that ended included.
 * In steps of a clock tick (10 ms on Linux): measure over seconds.
 */
export function cpuUsOf(roots) {
  if (!hasProc) return NaN;
  let ticks = 0;
  for (const pid of familyOf(roots)) {
    const stat = statOf(pid);
    if (stat !== undefined) ticks += Number(stat[11]) + Number(stat[12]) + Number(stat[13]) + Number(stat[14]);
  }
  return ticks * usPerTick;
}

/** Resident megabytes of processes with their descendants. */
export function rssMbOf(roots) {
  if (!hasProc) return NaN;
  let kilobytes = 0;
  for (const pid of familyOf(roots)) {
    try {
      const text = readFileSync(`/proc/${pid}/status`, 'utf8');
      kilobytes += Number(/^VmRSS:\s+(\d+)/m.exec(text)?.[1] ?? 0);
    } catch {
      // It ended between the listing and the look.
    }
  }
  return kilobytes / 1024;
}
