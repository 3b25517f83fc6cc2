/**
 * Where the servers of tests lie, and what each of them begins as: `initdb` runs once for all tests of a run, and every
 * server gets a copy of what it made.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initPostgres } from '../../bench/servers/postgres.mjs';

const MEMORY = '/dev/shm';
/** For a few servers of 100 MB at a time. */
const ROOM_BYTES = 2 * 1024 ** 3;

/**
 * In memory where there is room: servers sync every commit, as they must, and tests that pull no plug need not wait for
 * a disk.
 */
export const SERVERS_PLACE = hasRoom(MEMORY) ? MEMORY : tmpdir();

function hasRoom(folder: string): boolean {
  if (!existsSync(folder)) return false;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize >= ROOM_BYTES;
}

/** @param runner process id of the test runner, whose workers share it */
const clusterOf = (runner: number): string => join(SERVERS_PLACE, `fairlead-cluster-${runner}`);

/** Fills the folder of a server that is to be started. */
export function copyCluster(folder: string): void {
  const cluster = clusterOf(process.ppid);
  if (!existsSync(cluster)) makeCluster(cluster);
  execFileSync('cp', ['-a', join(cluster, 'data'), folder]);
}

function makeCluster(cluster: string): void {
  const made = mkdtempSync(`${cluster}-`);
  initPostgres(made);
  try {
    renameSync(made, cluster);
  } catch {
    // Another worker was quicker.
    rmSync(made, { recursive: true });
  }
}

/** After all tests. */
export function teardown(): void {
  rmSync(clusterOf(process.pid), { recursive: true, force: true });
}
