/**
 * What a simulated provider is: a state, and a function from a request to a reply. It opens no socket and reads no
 * clock, so that the same one serves a port of this machine, a test in virtual time, and a simulation.
 *
 * @module
 */
import type { Faults } from './faults.js';
import type { SandboxReply } from './reply.js';

export interface SandboxRequest {
  method: string;
  /** Below the provider's own address, e.g. `/api/chat.postMessage`. */
  path: string;
  query: URLSearchParams;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
  nowMs: number;
}

export interface SandboxProvider {
  /** Name of its folder, and first part of its path on the server. */
  readonly name: string;
  readonly faults: Faults;
  handle(request: SandboxRequest): SandboxReply;
  /** What it has got so far, as JSON, for people and tests. */
  state(): unknown;
}
