/**
 * Sends load at a port and waits for the figures: wrk where it is installed, else our own generator.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { plainEnv, Program } from '../measure/programs.mjs';

const HERE = import.meta.dirname;

export const hasWrk = spawnSync('wrk', ['-v']).error === undefined;

/**
 * @param {{port: number, connections: number, seconds: number, file: string, length: number, from: number, once?: boolean}}
 *   load `file` holds requests of `length` bytes; the first `from` of them are left alone. `once`: ends with the file.
 * @returns {Promise<{requests: number, us: number, p50Us: number, p99Us: number, refused: number, broken: number}>}
 */
export async function closedLoop(load) {
  // wrk runs for its time whatever is left to send.
  const program = hasWrk && load.once !== true ? wrk(load) : node('closed-loop.mjs', load);
  return JSON.parse(await program.line('result', load.seconds * 1_000 + 30_000));
}

/** @param {{port: number, rate: number, seconds: number, file: string, length: number, from: number}} load */
export async function openLoop(load) {
  return JSON.parse(await node('open-loop.mjs', load).line('result', load.seconds * 1_000 + 30_000));
}

function wrk({ port, connections, seconds, file, length, from }) {
  const variables = {
    BENCH_FILE: file,
    BENCH_LENGTH: String(length),
    BENCH_FROM: String(from),
  };
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', join(HERE, 'replay.lua'), `http://127.0.0.1:${port}`];
  return new Program('wrk', args, { env: plainEnv(variables) });
}

function node(script, load) {
  return new Program(process.execPath, [join(HERE, script), JSON.stringify(load)], { env: plainEnv() });
}
