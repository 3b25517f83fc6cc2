/**
 * The way from a real server to the simulated providers of many runs at once: each run has its own provider, found by the
 * end of the token that its connection sends, and its own fate for each exchange.
 *
 * @module
 */
import { createServer } from 'node:http';

const RUN = /Run(\d{5})$/;
const LATENCY_MAX_MS = 40;
/** A caller waits 15 s for an answer that does not come; here the connection ends before. */
const SILENCE_MAX_MS = 1_500;
const LATE_MAX_MS = 2_500;

/** The end that a token gets, so that its requests are known. */
export const tokenOf = (token, number) => `${token}Run${String(number).padStart(5, '0')}`;

export class Gate {
  runs = new Map();
  /** Told at each point at which a process can die: a request has arrived, an answer is about to leave. */
  onStep = () => {};
  #late = new Set();
  #nowMs;

  /** @param nowMs the clock of the providers */
  static async open(nowMs) {
    const gate = new Gate();
    gate.#nowMs = nowMs;
    gate.server = createServer((request, response) => void gate.#serve(request, response));
    await new Promise((resolve) => gate.server.listen(0, '127.0.0.1', resolve));
    gate.host = `127.0.0.1:${gate.server.address().port}`;
    return gate;
  }

  /** What is still on its way arrives now. */
  arriveAll() {
    for (const arrive of this.#late) arrive();
  }

  async #serve(request, response) {
    const chunks = [];
    for await (const chunk of request.on('error', () => {})) chunks.push(chunk);
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([, value]) => typeof value === 'string'),
    );
    const run = this.#runOf(headers);
    if (run === undefined) return void response.writeHead(404).end();
    const { random } = run;
    const fate = run.fates[run.exchanges++] ?? 'answered';
    const arrive = () => this.#answerOf(run, { method: request.method, url: request.url, headers, chunks });
    this.onStep(run);
    await pause(random.float() * LATENCY_MAX_MS);
    if (fate === 'late') this.#arriveLater(arrive, random.float() * LATE_MAX_MS);
    if (fate === 'late' || fate === 'cut') return void response.destroy();
    const reply = arrive();
    this.onStep(run);
    await pause(fate === 'silent' ? SILENCE_MAX_MS : random.float() * LATENCY_MAX_MS);
    if (fate === 'lost' || fate === 'silent') return void response.destroy();
    if (fate === 'broken') return void response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad</h1>');
    response.writeHead(reply.status, reply.headers).end(reply.body);
  }

  #runOf(headers) {
    for (const name of ['authorization', 'x-figma-token']) {
      const number = RUN.exec(headers[name] ?? '')?.[1];
      if (number === undefined) continue;
      headers[name] = headers[name].replace(RUN, '');
      return this.runs.get(Number(number));
    }
    return undefined;
  }

  #answerOf({ provider }, { method, url, headers, chunks }) {
    const { pathname, searchParams: query } = new URL(url, `http://${this.host}`);
    const address = `http://${this.host}/${provider.name}`;
    const path = pathname.slice(provider.name.length + 1) || '/';
    return provider.handle({
      method,
      path,
      query,
      headers,
      body: Buffer.concat(chunks),
      nowMs: this.#nowMs(),
      address,
    });
  }

  #arriveLater(arrive, delayMs) {
    const once = () => {
      clearTimeout(timer);
      if (this.#late.delete(once)) arrive();
    };
    const timer = setTimeout(once, delayMs);
    this.#late.add(once);
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
