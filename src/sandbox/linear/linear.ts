/**
 * A simulated Linear: teams with their workflow states, issues that are made under the client's own id, search, signed
 * webhooks, errors inside 200, and the limit of requests in an hour that is answered with 400.
 *
 * @source Linear's GraphQL schema; @linear/sdk (error types, header names). From memory: the codes of errors, the words
 * for an id that is taken, points of complexity.
 * @module
 */
import { AppError } from '../../core/errors.js';
import { isObject } from '../../core/json.js';
import { hmacRow } from '../../core/signature/index.js';
import { defineSandbox, jsonReply, Simulation, type SandboxReply, type SimulationOptions } from '../kit/index.js';
import { answerFrom, complexityOf, parseDocument } from './graphql.js';
import { oauth } from './oauth.js';
import { mutations, queries, type LinearCall } from './resolvers.js';
import { begin, type LinearIssue, type LinearState } from './state.js';

const HOUR_MS = 3_600_000;
const COMPLEXITY_MAX = 10_000;

const TYPES: Readonly<Record<string, string>> = {
  AUTHENTICATION_ERROR: 'authentication error',
  FORBIDDEN: 'forbidden',
  INPUT_ERROR: 'invalid input',
  INVALID_INPUT: 'invalid input',
  RATELIMITED: 'ratelimited',
  INTERNAL_SERVER_ERROR: 'internal error',
  GRAPHQL_VALIDATION_FAILED: 'graphql error',
};

function failed(status: number, code: string, message: string, path?: readonly string[]): SandboxReply {
  const extensions = {
    type: TYPES[code] ?? 'other',
    code,
    statusCode: status === 200 ? 400 : status,
    userError: true,
    userPresentableMessage: message,
  };
  return jsonReply(status, { errors: [{ message, ...(path && { path }), extensions }], data: null });
}

function run(call: LinearCall): SandboxReply {
  const { query, variables } = call.fields;
  if (typeof query !== 'string') return failed(400, 'BAD_REQUEST', 'GraphQL operations must contain a query.');
  try {
    const document = parseDocument(query);
    const given = isObject(variables) ? variables : {};
    const cost = complexityOf(document, given);
    if (cost > COMPLEXITY_MAX) return failed(400, 'INPUT_ERROR', 'Query too complex. Maximum complexity is 10000.');
    const root = document.operation === 'query' ? queries(call) : mutations(call);
    const { data, refused } = answerFrom(root, document, given);
    if (refused !== undefined) return failed(200, refused.code, refused.message, refused.path);
    const reply = jsonReply(200, { data });
    return { ...reply, headers: { ...reply.headers, 'x-complexity': String(cost) } };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'invalid_argument') throw error;
    return failed(400, 'GRAPHQL_PARSE_FAILED', error.message);
  }
}

const isQuery = ({ fields }: LinearCall): boolean => !/^\s*mutation\b/m.test(String(fields['query'] ?? ''));

/** A scope that one of suffices for what is asked. */
function neededScopes(call: LinearCall): readonly string[] {
  const more = ['write', 'admin'];
  if (isQuery(call)) return ['read', ...more];
  const document = String(call.fields['query']);
  if (/\bissueCreate\b/.test(document)) return ['issues:create', ...more];
  return /\bcommentCreate\b/.test(document) ? ['comments:create', ...more] : more;
}

export const linear = defineSandbox<LinearState>({
  name: 'linear',
  address: 'https://api.linear.app',
  basePath: '',
  begin,
  tokens: [{ value: 'lin_api_sandboxKeyOfFairlead', name: 'personal key' }],
  tokenOf: ({ authorization = '' }) => authorization.replace(/^Bearer\s+/i, '') || undefined,
  authorize(call) {
    if (call.tokenState !== 'valid') {
      return failed(401, 'AUTHENTICATION_ERROR', 'Authentication required, not authenticated');
    }
    const { scopes } = call.token ?? {};
    const mayDo =
      scopes === undefined ||
      call.request.path !== '/graphql' ||
      neededScopes(call).some((one) => scopes.includes(one));
    return mayDo ? undefined : failed(403, 'FORBIDDEN', `Invalid scope: \`${neededScopes(call)[0]}\` required`);
  },
  answers: {
    notFound: () => failed(404, 'NOT_FOUND', 'There is nothing at this address.'),
    malformed: () => failed(400, 'BAD_REQUEST', 'The body is not valid JSON.'),
    limited: () => failed(400, 'RATELIMITED', 'Rate limit exceeded'),
    missingScope: () => failed(403, 'FORBIDDEN', 'The key lacks a permission: write'),
  },
  headers: ({ requestId, quota: [verdict] }) => ({
    'x-request-id': requestId,
    ...(verdict && {
      'x-ratelimit-requests-limit': String(verdict.limit),
      'x-ratelimit-requests-remaining': String(verdict.remaining),
      'x-ratelimit-requests-reset': String(verdict.resetAtMs),
    }),
  }),
  limits: { requests: { kind: 'window', limit: 2_500, perMs: HOUR_MS, account: ({ token }) => token?.name } },
  troubles: {
    missing_scope: () => failed(200, 'FORBIDDEN', 'You do not have permission to access this resource.'),
    expired_key: () => failed(401, 'AUTHENTICATION_ERROR', 'Authentication required, not authenticated'),
    failure_in_200: () => failed(200, 'INTERNAL_SERVER_ERROR', 'Internal server error'),
    usage_limit: () => failed(200, 'USAGE_LIMIT_EXCEEDED', 'The workspace has reached its number of issues.'),
  },
  routes: { 'POST /graphql': { reads: isQuery, run } },
  oauth,
  webhooks: {
    scheme: hmacRow({ header: 'linear-signature' }),
    idOf: (number) => `00000000-0000-4000-9000-${String(number).padStart(12, '0')}`,
    compose: ({ type, payload, id, nowMs }) => ({
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': 'Linear-Webhook',
        'linear-delivery': id,
        'linear-event': type.split('.')[0]!,
        'linear-timestamp': String(nowMs),
      },
      body: JSON.stringify(payload),
    }),
  },
  variables: (_address, { value }) => ({ LINEAR_API_KEY: value }),
  shows: ({ issues }) => ({ issues }),
});

export class LinearSandbox extends Simulation<LinearState> {
  constructor(options: SimulationOptions<LinearState> = {}) {
    super(linear, options);
  }

  /** Oldest first. */
  get issues(): readonly LinearIssue[] {
    return this.data.issues;
  }
}
