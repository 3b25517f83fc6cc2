/**
 * A simulated provider: a definition, its state, and the way of a request through both.
 *
 *     read the body -> route -> authorize -> scopes -> rate limits -> fault -> idempotency key -> handler -> headers
 *
 * @module
 */
import type { Random } from '../../core/ports.js';
import { SeededRandom } from '../../core/seeded-random.js';
import { randomText, type Call } from './call.js';
import type { SandboxDefinition, SandboxIdempotency } from './definition.js';
import { answerInPlace, brokenAnswer, failedAfter, Faults, type Fault } from './faults.js';
import { IdempotencyKeys } from './idempotency-keys.js';
import { OAUTH_TROUBLES, oauthRoutes, OAuthServer } from './oauth/index.js';
import type { SandboxProvider } from './provider.js';
import type { SandboxRequest } from './request.js';
import { RateLimit, type LimitNumbers, type LimitVerdict } from './rate-limits.js';
import type { SandboxReply } from './reply.js';
import { formFields, readBody, type ReadBody } from './request-fields.js';
import { RequestLog } from './request-log.js';
import { RouteTable, type Found } from './route-table.js';
import type { SandboxSocket } from './socket-door.js';
import { mayDo, presentedToken, Tokens, type SandboxToken } from './tokens.js';
import { WebhookOutbox } from './webhook-outbox.js';

export interface SimulationOptions<State> {
  /** Where its ids come from. Default: a seed, so that two runs are alike. */
  random?: Random;
  /** In place of the definition's. */
  tokens?: readonly SandboxToken[];
  /** Changes what is there at the beginning. */
  seed?: (state: State) => void;
  /** Other numbers for limits, by name; `off` takes a limit away. */
  limits?: Readonly<Record<string, Partial<LimitNumbers> | 'off'>>;
  /** Sees every exchange, for checks against the provider's own description. */
  onExchange?: (request: SandboxRequest, reply: SandboxReply) => void;
}

type Draft<State> = { -readonly [Name in keyof Call<State>]: Call<State>[Name] };

const UNREAD: ReadBody = { ok: true, fields: {}, value: undefined, parts: [] };

export class Simulation<State> implements SandboxProvider {
  readonly name: string;
  readonly basePath: string;
  readonly faults = new Faults();
  readonly received = new RequestLog();
  readonly webhooks: WebhookOutbox;
  readonly tokens: Tokens;
  readonly oauth: OAuthServer | undefined;
  /** What the provider knows. Tests may look and change. */
  readonly data: State;
  /** The token that {@link variablesAt} hands out. */
  readonly mainToken: SandboxToken;
  onExchange: SimulationOptions<State>['onExchange'];
  readonly #definition: SandboxDefinition<State>;
  readonly #routes: RouteTable<State>;
  readonly #random: Random;
  readonly #limits: ReadonlyMap<string, RateLimit>;
  readonly #keys: IdempotencyKeys;
  readonly #troubles: NonNullable<SandboxDefinition<State>['troubles']>;

  constructor(definition: SandboxDefinition<State>, options: SimulationOptions<State> = {}) {
    const { random = new SeededRandom(definition.name), tokens = definition.tokens } = options;
    this.name = definition.name;
    this.basePath = definition.basePath;
    this.#definition = definition;
    this.#random = random;
    this.tokens = new Tokens(tokens);
    const { oauth: form } = definition;
    this.oauth = form && new OAuthServer(form, definition.name, this.tokens, random);
    this.#routes = new RouteTable({ ...definition.routes, ...(this.oauth && oauthRoutes(this.name, this.oauth)) });
    this.mainToken = tokens[0]!;
    this.webhooks = new WebhookOutbox(definition.webhooks);
    this.#limits = limitsOf(definition, options.limits ?? {});
    this.#keys = new IdempotencyKeys(definition.idempotency?.lifeMs ?? 0);
    this.#troubles = { ...definition.troubles, ...(this.oauth && OAUTH_TROUBLES) };
    this.onExchange = options.onExchange;
    this.data = definition.begin();
    options.seed?.(this.data);
  }

  /** Business faults it knows, by name. */
  get troubles(): readonly string[] {
    return Object.keys(this.#troubles);
  }

  state(): unknown {
    return this.#definition.shows(this.data);
  }

  variablesAt(address: string): Record<string, string> {
    const variables = this.#definition.variables(address, this.mainToken, this.data);
    if (this.oauth === undefined) return variables;
    const name = this.name.toUpperCase();
    const { clientId, clientSecret } = this.oauth;
    return { ...variables, [`${name}_CLIENT_ID`]: clientId, [`${name}_CLIENT_SECRET`]: clientSecret };
  }

  socket(request: SandboxRequest, send: (text: string) => void): SandboxSocket | undefined {
    return this.#definition.socket?.(request, this.data, this.webhooks, send);
  }

  /** Answers one request. Never throws for what a client sends. */
  handle(request: SandboxRequest): SandboxReply {
    const body = this.#definition.body === 'raw' ? UNREAD : readBody(request);
    const found = this.#routes.find(request.method, request.path);
    const call = this.#call(request, body.ok ? body : undefined, found);
    const fault = this.#faultFor(call, found);
    const reply = this.#decorated(call, this.#reply(call, body, found, fault));
    const kept = found?.isSecret === true ? { ...request, query: new URLSearchParams() } : request;
    this.received.add(kept, reply, {
      body: body.ok && found?.isSecret !== true ? body.value : undefined,
      token: call.token,
      fault: fault?.kind === 'business' ? fault.name : fault?.kind,
    });
    this.onExchange?.(request, reply);
    return reply;
  }

  #reply(
    call: Draft<State>,
    body: ReturnType<typeof readBody>,
    found: Found<State> | undefined,
    fault: Fault | undefined,
  ): SandboxReply {
    const { answers, authorize } = this.#definition;
    const refusal = found?.open === true ? undefined : authorize(call);
    if (refusal !== undefined) return refusal;
    if (found === undefined) return answers.notFound(call);
    if (!body.ok) return answers.malformed(call, body.problem);
    const scopes = found.scopes ?? [];
    if (found.open !== true && !mayDo(call.token, scopes)) return answers.missingScope(call, scopes);
    const refused = this.#charge(call);
    if (refused !== undefined) return answers.limited(call, refused);
    const inPlace = answerInPlace(fault, call.nowMs, () => answers.limited(call, undefined));
    if (inPlace !== undefined) return inPlace;
    if (fault?.kind === 'business') call.trouble = fault.name;
    const run = (): SandboxReply => {
      const troubled = call.trouble === undefined ? undefined : this.#troubles[call.trouble]?.(call);
      return failedAfter(fault, troubled ?? found.run(call));
    };
    return brokenAnswer(fault, this.#once(call, fault, run));
  }

  /** Runs what has an effect once a key, where the provider has keys. */
  #once(call: Call<State>, fault: Fault | undefined, run: () => SandboxReply): SandboxReply {
    const rule = this.#definition.idempotency;
    const given = rule?.methods.includes(call.request.method) ? call.request.headers[rule.header] : undefined;
    if (rule === undefined || given === undefined) return run();
    const delayMs = fault?.kind === 'slow' ? fault.delayMs : 0;
    const key = `${call.token?.value ?? ''} ${given}`;
    return rule.refuses?.(given, call) ?? this.#underKey(rule, key, call, () => ({ ...run(), delayMs }));
  }

  #underKey(rule: SandboxIdempotency<State>, key: string, call: Call<State>, run: () => SandboxReply): SandboxReply {
    const verdict = this.#keys.judge(key, call.request);
    if (verdict.is === 'mismatch') return rule.mismatch(call);
    if (verdict.is === 'in_flight') return rule.inFlight(call);
    if (verdict.is === 'repeat') {
      rule.onRepeat?.(call.request.headers[rule.header] ?? '', call);
      return { ...verdict.reply, headers: { ...verdict.reply.headers, ...rule.repeatHeaders } };
    }
    const reply = run();
    if (rule.keeps?.(reply) ?? true) this.#keys.keep(key, call.request, reply);
    return reply;
  }

  #faultFor(call: Call<State>, found: Found<State> | undefined): Fault | undefined {
    if (found === undefined || this.faults.waiting === 0) return undefined;
    const { method, path } = call.request;
    const reads = typeof found.reads === 'function' ? found.reads(call) : found.reads === true;
    const hasEffect = method !== 'GET' && method !== 'HEAD' && !reads;
    return this.faults.next({ method, path, hasEffect });
  }

  /** Takes from every limit that applies. @returns the verdict that refuses, if one does */
  #charge(call: Draft<State>): LimitVerdict | undefined {
    for (const [name, limit] of this.#limits) {
      const account = this.#definition.limits![name]!.account(call);
      if (account === undefined) continue;
      const verdict = limit.take(account, call.nowMs);
      call.quota = [...call.quota, verdict];
      if (!verdict.allowed) return verdict;
    }
    return undefined;
  }

  #decorated(call: Call<State>, reply: SandboxReply): SandboxReply {
    const headers = this.#definition.headers?.(call);
    return headers === undefined ? reply : { ...reply, headers: { ...headers, ...reply.headers } };
  }

  #call(request: SandboxRequest, body: ReadBody | undefined, found: Found<State> | undefined): Draft<State> {
    const { nowMs } = request;
    const value = (this.#definition.tokenOf ?? presentedToken)(request.headers);
    return {
      request,
      params: found?.params ?? {},
      query: formFields(request.query.toString()),
      fields: body?.fields ?? {},
      value: body?.value,
      parts: body?.parts ?? [],
      nowMs,
      requestId: `req_${randomText(this.#random, 14)}`,
      address: request.address ?? this.#definition.address,
      tokenState: this.tokens.judge(value, nowMs),
      token: this.tokens.find(value),
      tokens: this.tokens,
      state: this.data,
      random: this.#random,
      quota: [],
      trouble: undefined,
      webhooks: this.webhooks,
      emit: (type, payload) => void this.webhooks.publish(type, payload, nowMs),
    };
  }
}

function limitsOf<State>(
  { limits = {} }: SandboxDefinition<State>,
  changes: NonNullable<SimulationOptions<State>['limits']>,
): Map<string, RateLimit> {
  const kept = Object.entries(limits).filter(([name]) => changes[name] !== 'off');
  return new Map(
    kept.map(([name, { kind, limit, perMs }]) => [
      name,
      new RateLimit(name, { kind, limit, perMs, ...(changes[name] as Partial<LimitNumbers> | undefined) }),
    ]),
  );
}
