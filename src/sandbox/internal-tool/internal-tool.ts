/**
 * A simulated internal tool: an HTTP endpoint of the user's own that records what it is sent and honours
 * `Idempotency-Key`. The first request under a key takes effect and its answer is kept; a repeat gets that answer.
 *
 * @source draft-ietf-httpapi-idempotency-key-header, sections 2.5 to 2.7
 * @module
 */
import { parseJson } from '../../core/json.js';
import { defineSandbox, jsonReply, Simulation, type Call, type SandboxReply } from '../kit/index.js';

export interface InternalToolOptions {
  /** When set, requests need `Authorization: Bearer <token>`. */
  token?: string;
}

/** One thing the tool did. */
export interface Effect {
  id: string;
  path: string;
  /** Absent when the request had none: then every request is an effect of its own. */
  key?: string;
  /** JSON, or text where the body is none. */
  body: unknown;
  atMs: number;
  /** How often the same key came again. */
  repeats: number;
}

interface ToolState {
  effects: Effect[];
  token: string | undefined;
}

const EFFECTS_MAX = 100_000;
const KEY_LIFE_MS = 24 * 3_600_000;
const KEY_HEADER = 'idempotency-key';

const tool = defineSandbox<ToolState>({
  name: 'internal-tool',
  address: 'https://tool.example.com',
  basePath: '',
  body: 'raw',
  begin: () => ({ effects: [], token: undefined }),
  tokens: [{ value: 'internal-tool-sandbox-token', name: 'token' }],
  authorize: ({ state, request }) =>
    state.token === undefined || request.headers['authorization'] === `Bearer ${state.token}`
      ? undefined
      : jsonReply(401, { error: 'the token is missing or wrong' }),
  answers: {
    notFound: () => jsonReply(405, { error: 'only POST and GET' }),
    malformed: () => jsonReply(400, { error: 'the body cannot be read' }),
    limited: () => jsonReply(429, { error: 'too many requests' }),
    missingScope: () => jsonReply(403, { error: 'not allowed' }),
  },
  idempotency: {
    header: KEY_HEADER,
    lifeMs: KEY_LIFE_MS,
    methods: ['POST'],
    onRepeat(key, { state }) {
      const effect = state.effects.find((one) => one.key === key);
      if (effect !== undefined) effect.repeats++;
    },
    mismatch: () => jsonReply(422, { error: 'this key was used for another request', code: 'idempotency_mismatch' }),
    inFlight: () => jsonReply(409, { error: 'this key is being worked on', code: 'in_flight' }),
    repeatHeaders: { 'idempotency-replayed': 'true' },
  },
  routes: {
    'GET /*path': ({ state }) => jsonReply(200, { effects: state.effects }),
    'POST /*path': record,
    'GET /': ({ state }) => jsonReply(200, { effects: state.effects }),
    'POST /': record,
  },
  variables: () => ({}),
  shows: ({ effects }) => ({ effects }),
});

function record({ state, request, nowMs }: Call<ToolState>): SandboxReply {
  const { path, body, headers } = request;
  const key = headers[KEY_HEADER];
  const id = `rec_${state.effects.length + 1}`;
  state.effects.push({ id, path, body: readBody(body), atMs: nowMs, repeats: 0, ...(key !== undefined && { key }) });
  if (state.effects.length > EFFECTS_MAX) state.effects.shift();
  return jsonReply(201, { id, recorded: true });
}

function readBody(body: Uint8Array): unknown {
  const parsed = parseJson(body);
  return parsed.ok ? parsed.value : Buffer.from(body).toString('utf8');
}

export class InternalToolSandbox extends Simulation<ToolState> {
  constructor({ token }: InternalToolOptions = {}) {
    super(tool);
    this.data.token = token;
  }

  /** Everything the tool did, oldest first. */
  get effects(): readonly Effect[] {
    return this.data.effects;
  }

  /** How many effects there were under a key. Anything but 1 is a fault of somebody. */
  effectsOf(key: string): number {
    return this.data.effects.filter((effect) => effect.key === key).length;
  }
}
