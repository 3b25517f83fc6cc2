/**
 * What a simulated provider is to those who serve it: a state, and a function from a request to a reply. It opens no
 * socket and reads no clock, so that the same one serves a port of this machine, a test in virtual time, and a
 * simulation.
 *
 * @module
 */
import type { Faults } from './faults.js';
import type { OAuthServer } from './oauth/index.js';
import type { SandboxReply } from './reply.js';
import type { SandboxSocket } from './socket-door.js';
import type { SandboxRequest } from './request.js';
import type { RequestLog } from './request-log.js';
import type { WebhookOutbox } from './webhook-outbox.js';

export interface SandboxProvider {
  /** Name of its folder, and first part of its path on the server. */
  readonly name: string;
  /** Where its API begins, below its address, e.g. `/v1`; empty when it begins there. */
  readonly basePath: string;
  readonly faults: Faults;
  /** The business faults it knows, by name. */
  readonly troubles: readonly string[];
  /** What it was asked, secrets masked. */
  readonly received: RequestLog;
  /** How people connect their accounts, where they do. */
  readonly oauth: OAuthServer | undefined;
  /** Who is told about what happens here. */
  readonly webhooks: WebhookOutbox;
  handle(request: SandboxRequest): SandboxReply;
  /** Opens a WebSocket, where it has one at this address; `send` sends a text to the client. */
  socket(request: SandboxRequest, send: (text: string) => void): SandboxSocket | undefined;
  /** What it has got so far, as JSON, for people and tests. */
  state(): unknown;
  /** The variables that connect Fairlead to this provider, served at `address`. */
  variablesAt(address: string): Record<string, string>;
}
