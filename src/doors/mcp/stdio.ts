/** The server on stdin and stdout: one client, one session, until its input ends. @module */
import type { Readable, Writable } from 'node:stream';
import { serveStdio, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { protocolServer, type ProtocolParts } from './protocol-server.js';

/** In place of those of the process. */
export interface Streams {
  input?: Readable;
  output?: Writable;
}

/** Tells when the connection is over, which the package keeps to itself. */
class EndingTransport extends StdioServerTransport {
  readonly ended: Promise<void>;
  #end: () => void = () => undefined;

  constructor({ input, output }: Streams) {
    super(input, output);
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  override async close(): Promise<void> {
    await super.close();
    this.#end();
  }
}

/** Resolves when the client has gone, or when told to stop. */
export async function serveOnStdio(
  parts: ProtocolParts,
  stop: AbortSignal,
  onProblem: (error: Error) => void,
  streams: Streams = {},
): Promise<void> {
  const transport = new EndingTransport(streams);
  const handle = serveStdio(() => protocolServer(parts), { transport, onerror: onProblem });
  const stopped = (): void => void handle.close();
  stop.addEventListener('abort', stopped, { once: true });
  if (stop.aborted) stopped();
  await transport.ended;
  stop.removeEventListener('abort', stopped);
}
