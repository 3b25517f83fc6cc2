/**
 * A simulated Linear whose refresh tokens are good for one use, behind doors of this proof: one for each node, so that a
 * token request says who made it. The provider has changed its mind when the answer leaves; when that is, and what
 * happens then, is the proof's to say.
 *
 * @module
 */
import { createServer } from 'node:http';
import { LinearSandbox } from '../../../dist/testing.js';

const REFRESH = 'grant_type=refresh_token';

export class Provider {
  /** Requests to renew, and calls that were made with a token that is good no more. */
  renewals = 0;
  unauthorized = 0;
  /** How long the next answer to a renewal takes. */
  delayMs = () => 0;
  /** Sends the answer to a renewal to the node that asked: by `send`, which resolves when it has left. */
  deliver = (_at, send) => send();

  sandbox = new LinearSandbox({ limits: { requests: 'off' } });

  get oauth() {
    return this.sandbox.oauth;
  }

  /** The variables of a node that has this client. */
  get variables() {
    const { clientId, clientSecret } = this.oauth;
    return { LINEAR_CLIENT_ID: clientId, LINEAR_CLIENT_SECRET: clientSecret };
  }

  /** @returns {Promise<string>} where node `at` finds the provider: `host:port` */
  async door(at) {
    const door = createServer((request, response) => {
      this.#pass(at, request, response).catch(() => response.destroy());
    });
    await new Promise((resolve) => door.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${door.address().port}`;
  }

  async #pass(at, request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const address = `http://${request.headers.host}`;
    const { pathname: path, searchParams: query } = new URL(request.url, address);
    const isRenewal = path === '/oauth/token' && body.includes(REFRESH);
    if (isRenewal) this.renewals += 1;
    const { method, headers } = request;
    const reply = this.sandbox.handle({ method, path, query, headers, body, address, nowMs: Date.now() });
    if (path === '/graphql' && reply.status === 401) this.unauthorized += 1;
    if (isRenewal) await this.delayMs();
    const bytes = Buffer.from(reply.body);
    response.writeHead(reply.status, { ...reply.headers, 'content-length': bytes.length });
    const send = () => new Promise((resolve) => response.end(bytes, resolve));
    await (isRenewal && reply.status === 200 ? this.deliver(at, send) : send());
  }

  /** What a person does on the consent page. @returns {Promise<string>} the address that the browser is sent to */
  async agree(authorizationUrl) {
    const { origin, pathname, searchParams } = new URL(authorizationUrl);
    const form = new URLSearchParams({ request: searchParams.toString(), decision: 'allow' });
    const answer = await fetch(origin + pathname, { method: 'POST', body: form, redirect: 'manual' });
    return answer.headers.get('location');
  }
}
