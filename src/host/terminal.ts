/**
 * The terminal and the pipes of this process.
 *
 * @module
 */
import { Writable } from 'node:stream';
import { AppError } from '../core/errors.js';

export interface TerminalStream {
  isTty: boolean;
  columns: number;
  write(text: string): void;
  /** Resolves when what was written has been taken far enough to write more. */
  drained(): Promise<void>;
}

export interface Terminal {
  stdin: { isTty: boolean; read(maxBytes: number): Promise<Uint8Array> };
  stdout: TerminalStream;
  stderr: TerminalStream;
  ask(question: string, options: { hidden: boolean }): Promise<string | undefined>;
  /** Waits until what was written has left the process. */
  flush(): Promise<void>;
}

const COLUMNS = 80;

/**
 * A reader that goes away (`fairlead event list | head -1`) is no error: `onClosed` is called, and what is written
 * after that is dropped.
 */
export function openTerminal(onClosed: () => void): Terminal {
  const { stdin, stdout, stderr } = process;
  stderr.on('error', () => undefined);
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') onClosed();
  });
  return {
    stdin: { isTty: stdin.isTTY === true, read: readStdin },
    stdout: streamOf(stdout),
    stderr: streamOf(stderr),
    ask,
    flush: async () => void (await Promise.all([flushed(stdout), flushed(stderr)])),
  };
}

function streamOf(stream: NodeJS.WriteStream): TerminalStream {
  return {
    isTty: stream.isTTY === true,
    columns: stream.columns ?? COLUMNS,
    write: (text) => void (stream.destroyed || stream.write(text)),
    drained: () => drained(stream),
  };
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  if (!stream.writableNeedDrain || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      stream.off('drain', done).off('close', done);
      resolve();
    };
    stream.once('drain', done).once('close', done);
  });
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableEnded) resolve();
    else stream.write('', () => resolve());
  });
}

async function readStdin(maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      throw new AppError('invalid_argument', { argument: 'stdin', problem: `it is longer than ${maxBytes} bytes` });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** The question goes to stderr, so that it does not end up in a file with the results. */
async function ask(question: string, { hidden }: { hidden: boolean }): Promise<string | undefined> {
  const { createInterface } = await import('node:readline/promises');
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const output = hidden ? nowhere : process.stderr;
  if (hidden) process.stderr.write(question);
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  try {
    const closed = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)));
    return await Promise.race([lines.question(hidden ? '' : question), closed]);
  } finally {
    lines.close();
    if (hidden) process.stderr.write('\n');
  }
}
