/**
 * The outside of the simulated world: an internal tool that honours Idempotency-Key and a chat that honours nothing,
 * behind a network that loses requests, loses answers, and says "slow down".
 *
 * @module
 */
import type { Clock, HttpRequest, HttpResult, Net, Random } from '../../src/core/ports.js';

export interface Target {
  /** What took effect, by the delivery it was for. */
  effects: Map<string, number>;
  repeats: number;
}

/** Chances out of 1 for one exchange; they add up to less than 1. */
export interface NetFaults {
  lostBefore: number;
  lostAfter: number;
  unavailable: number;
  slowDown: number;
}

const LATENCY_MS = 40;
/** A listing is slow: what a look-up races with gets time to happen. */
const LISTING_MS = 400;

export class Targets implements Net {
  readonly tool: Target = { effects: new Map(), repeats: 0 };
  readonly chat: Target = { effects: new Map(), repeats: 0 };
  readonly #answered = new Map<string, HttpResult>();
  faults: NetFaults = { lostBefore: 0, lostAfter: 0, unavailable: 0, slowDown: 0 };
  sent = 0;
  /** Called when something took effect and its answer is still to come. */
  onEffect: () => void = () => {};
  /** Called when a request certainly had no effect, so that it will be sent again. */
  onRefusal: () => void = () => {};

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly note: (line: string) => void,
  ) {}

  async send(request: HttpRequest): Promise<HttpResult> {
    this.sent += 1;
    const draw = this.random.float();
    const { lostBefore, lostAfter, unavailable, slowDown } = this.faults;
    const where = new URL(request.url).hostname;
    const latencyMs = request.method === 'GET' ? LISTING_MS : LATENCY_MS;
    await this.clock.sleep(1 + Math.floor(this.random.float() * latencyMs));
    if (draw < lostBefore + unavailable + slowDown) this.onRefusal();
    if (draw < lostBefore) return this.#lost(where, 'no');
    if (draw < lostBefore + unavailable) return this.#say(where, 503, {}, '{"error":"down"}');
    if (draw < lostBefore + unavailable + slowDown)
      return this.#say(where, 429, { 'retry-after': '1' }, '{"error":"slow"}');
    const result = where.startsWith('tool') ? this.#tool(request) : this.#chat(request);
    await this.clock.sleep(1 + Math.floor(this.random.float() * LATENCY_MS));
    return draw > 1 - lostAfter ? this.#lost(where, 'maybe') : result;
  }

  #lost(where: string, sent: 'no' | 'maybe'): HttpResult {
    this.note(`net ${where}: connection lost, sent ${sent}`);
    return { ok: false, failure: { kind: 'reset', sent, detail: 'simulated' } };
  }

  #say(where: string, status: number, headers: Record<string, string>, text: string): HttpResult {
    this.note(`net ${where}: ${status}`);
    return {
      ok: true,
      answer: {
        status,
        headers: { 'content-type': 'application/json', ...headers },
        body: Buffer.from(text),
        truncated: false,
      },
    };
  }

  #tool(request: HttpRequest): HttpResult {
    const key = request.headers['idempotency-key'] ?? '';
    const known = this.#answered.get(key);
    if (known !== undefined) {
      this.tool.repeats += 1;
      return known;
    }
    const { delivery } = JSON.parse(Buffer.from(request.body ?? []).toString('utf8')) as { delivery: string };
    this.tool.effects.set(delivery, (this.tool.effects.get(delivery) ?? 0) + 1);
    this.onEffect();
    const result = this.#say('tool', 200, {}, '{"ok":true}');
    this.#answered.set(key, result);
    return result;
  }

  #chat(request: HttpRequest): HttpResult {
    if (request.method === 'GET') return this.#say('chat', 200, {}, '{"ok":false,"error":"missing_scope"}');
    const { text } = JSON.parse(Buffer.from(request.body ?? []).toString('utf8')) as { text: string };
    this.chat.effects.set(text, (this.chat.effects.get(text) ?? 0) + 1);
    this.onEffect();
    return this.#say(
      'chat',
      200,
      {},
      `{"ok":true,"channel":"C1","ts":"1700000000.${String(this.chat.effects.size).padStart(6, '0')}"}`,
    );
  }
}
