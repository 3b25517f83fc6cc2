/**
 * What every connector must keep to, checked from its own examples: no connector file can pass without them. Free of
 * any test framework: a list of problems, empty when all is well.
 *
 * @module
 */
import { isDeepStrictEqual } from 'node:util';
import type {
  ActionDefinition,
  AnswerExample,
  CallExample,
  ConnectionView,
  ConnectorDefinition,
  CredentialKind,
  Idempotency,
} from '../core/connector.js';
import { isAppError } from '../core/errors.js';
import { formText, queryPairs } from '../core/form.js';
import { parseHostEntry } from '../core/host-list.js';
import { valueAt } from '../core/json.js';
import type { HttpAnswer } from '../core/ports.js';
import { isOwnHost, renderRequest, type RenderedRequest } from '../outbound/index.js';
import { answerOf, EXAMPLE_MARK, identityProblems, reconcileProblems, resolvedInput } from './connector-examples.js';

/** Answers with an instant in them are written for this one. */
export const EXAMPLE_NOW_MS = Date.UTC(2000, 0, 1);
export { EXAMPLE_MARK };

/** What strangers and broken gateways send; nothing may throw over it. */
const HOSTILE_BODIES = [
  '',
  '{',
  '[]',
  'null',
  '"text"',
  '{"ok":',
  '<html></html>',
  '{"errors":{},"error":[null]}',
  '\xff\xfe',
];
const HOSTILE_STATUSES = [0, 200, 204, 301, 400, 403, 429, 500, 529, 999];
/** Text that tries to lead a request elsewhere, or to end a header. */
const HOSTILE_TEXTS = ['../../../x', '//evil.test/x', '@evil.test', 'a?b#c', '\\\\evil.test', 'x\r\nauthorization: y'];

/**
 * Every problem of a connector, as sentences that begin with the place.
 *
 * @example
 *   expect(connectorProblems(myConnector)).toEqual([]);
 */
export function connectorProblems(connector: ConnectorDefinition): string[] {
  return [
    ...factProblems(connector),
    ...limitProblems(connector),
    ...attempted('identity', () => identityProblems(connector)),
    ...answerProblems(connector),
    ...webhookProblems(connector),
    ...Object.entries(connector.actions).flatMap(([name, action]) =>
      actionProblems(connector, name, action as unknown as ActionDefinition),
    ),
  ].map((problem) => `${connector.provider}: ${problem}`);
}

/** It has a scheme, and what a stranger signed names an event or none; nothing throws. */
function webhookProblems({ webhooks }: ConnectorDefinition): string[] {
  if (webhooks === undefined) return [];
  const thrown = HOSTILE_BODIES.flatMap((text) => {
    const error = errorOf(() => webhooks.identify({ headers: {}, body: Buffer.from(text, 'latin1') }));
    return error === undefined ? [] : [`webhooks: identify throws ${String(error)}`];
  });
  return [...(Object.keys(webhooks.schemes).length === 0 ? ['webhooks: there is no scheme'] : []), ...thrown];
}

type Claim = readonly [holds: boolean, problem: string];

const broken = (claims: readonly Claim[]): string[] => claims.filter(([holds]) => !holds).map(([, problem]) => problem);

function factProblems(connector: ConnectorDefinition): string[] {
  const { provider, title, apiVersion, hosts, baseUrl, anyTarget, envAliases, actions, examples } = connector;
  const base = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  return broken([
    [apiVersion === 1, 'apiVersion is not 1'],
    [/^[a-z][a-z0-9-]{1,40}$/.test(provider), 'provider is not a lower-case word'],
    [title.trim() !== '', 'title is empty'],
    [anyTarget === true || base?.protocol === 'https:', 'baseUrl is not https'],
    [!baseUrl.endsWith('/'), 'baseUrl ends in a slash'],
    [base === undefined || isOwnHost(base, connector, { ...VIEW, baseUrl: '' }), 'baseUrl is not on one of the hosts'],
    ...Object.entries(connector.bases ?? {}).map(([name, url]): Claim => [
      URL.canParse(url) && !url.endsWith('/') && isOwnHost(new URL(url), connector, { ...VIEW, baseUrl: '' }),
      `bases: ${name} is not on one of the hosts, or ends in a slash`,
    ]),
    ...Object.keys(connector.headers ?? {}).map((name): Claim => [
      name === name.toLowerCase(),
      `headers: "${name}" is not in lower case`,
    ]),
    ...hosts.map((host): Claim => [isHost(host), `hosts: "${host}" is no host`]),
    ...envAliases.flatMap(({ variable, makes, credential, header }): Claim[] => [
      [/^[A-Z][A-Z0-9_]+$/.test(variable), `envAliases: "${variable}" is no name of a variable`],
      [makes === 'source' || credential !== undefined, `envAliases: ${variable} does not say how the secret is sent`],
      [
        (credential === 'header') === (header !== undefined),
        `envAliases: ${variable} needs a header exactly if that is its kind`,
      ],
    ]),
    [(examples?.answers.length ?? 0) > 0, 'examples: there is no answer'],
    ...Object.keys(actions).map((name): Claim => [
      Boolean(examples?.calls[name]?.length),
      `examples: ${name} has no call`,
    ]),
    ...Object.keys(examples?.calls ?? {}).map((name): Claim => [
      Object.hasOwn(actions, name),
      `examples: there is no action ${name}`,
    ]),
  ]);
}

function limitProblems({ limits }: ConnectorDefinition): string[] {
  return Object.entries(limits ?? {}).flatMap(([name, bucket]) => {
    const rates = [bucket.ratePerSecond ?? []]
      .flat()
      .flatMap((rate) => (typeof rate === 'object' ? Object.values(rate) : rate));
    return broken([
      [
        bucket.covers.trim() !== '' && bucket.source.trim() !== '',
        `limits: ${name} does not say what it covers, or whence`,
      ],
      [rates.every((rate) => rate > 0), `limits: ${name} lets nothing through`],
      [(bucket.burst ?? 1) >= 1 && (bucket.concurrency ?? 1) >= 1, `limits: ${name} has no room for one`],
    ]);
  });
}

/** A scheme would say that the secret may travel in the clear. */
function isHost(text: string): boolean {
  const entry = parseHostEntry(text);
  return entry !== undefined && entry.scheme === undefined;
}

function answerProblems(connector: ConnectorDefinition): string[] {
  const examples = connector.examples?.answers ?? [];
  return [
    ...examples.flatMap((example) => attempted(`answer "${example.name}"`, () => exampleProblems(connector, example))),
    ...hostileAnswers().flatMap((answer) => {
      const thrown = errorOf(() => connector.classify(answer, EXAMPLE_NOW_MS));
      return thrown === undefined ? [] : [`classify throws ${String(thrown)} over status ${answer.status}`];
    }),
  ];
}

function exampleProblems(connector: ConnectorDefinition, { name, answer, means }: AnswerExample): string[] {
  const failure = connector.classify(answerOf(answer), EXAMPLE_NOW_MS);
  if (means === 'success') return failure === undefined ? [] : [`answer "${name}" counts as ${failure.code}`];
  if (failure === undefined) return [`answer "${name}" counts as a success`];
  const different = Object.entries(means).filter(([key, value]) => failure[key as keyof typeof failure] !== value);
  return [
    ...different.map(([key]) => `answer "${name}": ${key} is ${String(failure[key as keyof typeof failure])}`),
    ...broken([
      [failure.problem.trim() !== '', `answer "${name}" has no words`],
      [!failure.problem.includes(String(answer.status)), `answer "${name}" tells a person a status number`],
      [failure.retryAfterMs === undefined || failure.retryAfterMs > 0, `answer "${name}" asks for no wait at all`],
    ]),
  ];
}

function actionProblems(connector: ConnectorDefinition, name: string, action: ActionDefinition): string[] {
  const idempotency = typeof action.idempotency === 'function' ? action.idempotency(VIEW) : action.idempotency;
  const view = { ...VIEW, baseUrl: connector.baseUrl };
  const facts = broken([
    [/^[a-z][A-Za-z0-9]{1,60}$/.test(name), 'the name is not camelCase'],
    [/^[A-Z][^\n`*_]{5,120}$/.test(action.summary), 'the summary is not one plain sentence'],
    [Number.isInteger(action.settleMs) && action.settleMs >= 0, 'settleMs is not a number of milliseconds'],
    [idempotency === 'none' || idempotency.keyTtlMs > 0, 'its key lives for no time'],
    [
      idempotency === 'none' || waysOf(idempotency) === 1,
      'its key is in a header or in a field, or it is an upsert, and one of them only',
    ],
    [
      idempotency === 'none' || idempotency.refusedWith === undefined || action.reconcile !== undefined,
      'its repeat is refused, so it needs reconcile',
    ],
    [action.endpoint === undefined || /^[A-Z]+ \/\S*$/.test(action.endpoint), 'endpoint is not METHOD /path'],
    [action.pages === undefined || action.effect === 'read', 'only a read has pages'],
  ]);
  const calls = connector.examples?.calls[name] ?? [];
  const problems = calls.flatMap((call, i) =>
    attempted(`call ${i + 1}`, () => callProblems(connector, action, call).map((text) => `call ${i + 1}: ${text}`)),
  );
  const reconciling = attempted('reconciles', () => reconcileProblems(connector, name, action, view));
  return [...facts, ...problems, ...reconciling, ...parseProblems(action, calls)].map(
    (problem) => `${name}: ${problem}`,
  );
}

function waysOf({ header, field, upsert }: Exclude<Idempotency, 'none'>): number {
  return [header, field, upsert].filter((way) => way !== undefined).length;
}

function callProblems(connector: ConnectorDefinition, action: ActionDefinition, call: CallExample): string[] {
  const parsed = action.input.safeParse(call.input);
  if (!parsed.success) return ['its input is not accepted'];
  const strict = !action.input.safeParse({ ...(call.input as object), surelyNotAField: 1 }).success;
  const view = viewFor(connector, action, parsed.data, call.credential);
  const { input, problem } = resolvedInput(action, parsed.data, call.lookups);
  if (problem !== undefined) return [problem];
  const render = (given: unknown, mark = EXAMPLE_MARK): RenderedRequest =>
    renderRequest(action.request(given, view, mark), connector, view);
  const rendered = render(input);
  const marked = typeof action.idempotency === 'object' && action.idempotency.field !== undefined;
  const uses = action.limits?.(input) ?? [];
  return [
    ...broken([
      [strict, 'an unknown field is accepted'],
      [isDeepStrictEqual(rendered, render(input)), 'the same input gives two different requests'],
      [!marked || !isDeepStrictEqual(rendered, render(input, 'another-key')), 'its mark is not in the request'],
      [staysHome(rendered, connector, view), `the request leaves the hosts: ${rendered.url?.host}`],
      [action.target(input).id !== '', 'the target has no id'],
      [uses.every(({ bucket }) => Object.hasOwn(connector.limits ?? {}, bucket)), 'its bucket is not in limits'],
      [(action.touches?.(input) ?? []).every(({ type, id }) => type !== '' && id !== ''), 'it touches nothing by name'],
    ]),
    ...requestProblems(rendered, view, call),
    ...outputProblems(action, input, call),
    ...hostileProblems(connector, action, view, parsed.data, render),
  ];
}

function requestProblems(rendered: RenderedRequest, view: ConnectionView, call: CallExample): string[] {
  const { request } = call;
  if (request === undefined) return [];
  const { method, url, body, headers } = rendered;
  const wanted = wantedAddress(request, view);
  const text = Buffer.from(body ?? '').toString('utf8');
  return broken([
    [method === request.method, `the method is ${method}`],
    [wanted === undefined || url?.href === wanted, `the address is ${url?.href}`],
    ...Object.entries(request.headers ?? {}).map(([name, value]): Claim => [
      headers[name.toLowerCase()] === value,
      `the header ${name} is ${headers[name.toLowerCase()]}`,
    ]),
    [
      request.json === undefined || isDeepStrictEqual(tryJson(text), tryJson(JSON.stringify(request.json))),
      `the body is ${text}`,
    ],
    [request.form === undefined || text === formText(request.form), `the form is ${text}`],
  ]);
}

function wantedAddress({ url, query }: NonNullable<CallExample['request']>, view: ConnectionView): string | undefined {
  if (url === undefined) return undefined;
  const wanted = new URL(url.startsWith('/') ? view.baseUrl + url : url);
  for (const [name, value] of queryPairs(query ?? {})) wanted.searchParams.append(name, value);
  return wanted.href;
}

function outputProblems(action: ActionDefinition, input: unknown, { answer, output }: CallExample): string[] {
  const checked = action.output.safeParse(action.parse(answerOf({ status: 200, ...answer }), input));
  if (!checked.success) return ['the output does not fit its schema'];
  if (action.pages !== undefined && !Array.isArray(valueAt(checked.data, action.pages.items))) {
    return [`the output has no list ${action.pages.items}`];
  }
  return isDeepStrictEqual(checked.data, output) ? [] : [`the output is ${JSON.stringify(checked.data)}`];
}

/** Input is put into paths, queries and headers; whatever it says, the request stays where it belongs. */
function hostileProblems(
  connector: ConnectorDefinition,
  action: ActionDefinition,
  view: ConnectionView,
  input: unknown,
  render: (input: unknown) => RenderedRequest,
): string[] {
  return HOSTILE_TEXTS.flatMap((text) => variants(input, text)).flatMap((variant) => {
    const parsed = action.input.safeParse(variant);
    if (!parsed.success) return [];
    try {
      const rendered = render(parsed.data);
      return staysHome(rendered, connector, view) ? [] : [`hostile input leads to ${rendered.url?.host}`];
    } catch (error) {
      // A refusal is a good answer; anything else is an accident.
      return isAppError(error) ? [] : [`hostile input makes request throw ${String(error)}`];
    }
  });
}

function parseProblems(action: ActionDefinition, calls: readonly CallExample[]): string[] {
  const input = calls[0] === undefined ? undefined : action.input.safeParse(calls[0].input);
  if (input?.success !== true) return [];
  return hostileAnswers().flatMap((answer) => {
    const thrown = errorOf(() => action.parse(answer, input.data));
    return thrown === undefined ? [] : [`parse throws ${String(thrown)}`];
  });
}

const VIEW: ConnectionView = {
  id: 'con_example',
  environment: 'sandbox',
  credential: 'bearer',
  baseUrl: 'https://api.example.com',
};

function viewFor(
  connector: ConnectorDefinition,
  action: ActionDefinition,
  input: unknown,
  asked: CredentialKind | undefined,
): ConnectionView {
  const own = connector.envAliases.find(({ makes }) => makes === 'connection')?.credential;
  const credential = asked ?? action.accepts?.(input)[0] ?? own ?? 'bearer';
  return { ...VIEW, credential, baseUrl: connector.baseUrl };
}

function staysHome({ url }: RenderedRequest, connector: ConnectorDefinition, view: ConnectionView): boolean {
  return url === undefined || connector.anyTarget === true || isOwnHost(url, connector, view);
}

/** The value once for each text in it, with that text replaced. */
function variants(value: unknown, text: string): unknown[] {
  if (typeof value === 'string') return [text, value + text];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) =>
    variants(part, text).map((changed) =>
      Array.isArray(value) ? value.with(Number(name), changed) : { ...value, [name]: changed },
    ),
  );
}

function hostileAnswers(): HttpAnswer[] {
  return HOSTILE_STATUSES.flatMap((status) =>
    HOSTILE_BODIES.map((text) => ({ status, headers: {}, body: Buffer.from(text, 'latin1'), truncated: false })),
  );
}

/** The problems that `check` finds, or that it cannot even look for them. */
function attempted(place: string, check: () => string[]): string[] {
  try {
    return check();
  } catch (error) {
    return [`${place} throws ${String(error)}`];
  }
}

function tryJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

function errorOf(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error ?? 'nothing';
  }
}
