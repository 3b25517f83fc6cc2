/**
 * A simulated Figma: metadata of files, comments with replies, files of a project, passcodes in webhooks, and limits
 * that are answered with 429.
 *
 * @source figma/rest-api-spec; developers.figma.com/docs/rest-api (rate-limits, authentication, webhooks-security). The
 * numbers of the limits are this simulation's: Figma's hang on seat and plan.
 * @module
 */
import { isObject } from '../../core/json.js';
import {
  defineSandbox,
  jsonReply,
  Simulation,
  type Call,
  type LimitVerdict,
  type SandboxReply,
  type SimulationOptions,
} from '../kit/index.js';
import { oauth } from './oauth.js';
import { begin, type FigmaComment, type FigmaFile, type FigmaState } from './state.js';

const MINUTE_MS = 60_000;
const READS = ['current_user:read', 'file_metadata:read', 'file_comments:read', 'projects:read'];
const MESSAGE_CHARACTERS_MAX = 10_000;

type FigmaCall = Call<FigmaState>;

const failed = (status: number, err: string, headers?: Record<string, string>): SandboxReply =>
  jsonReply(status, { status, err }, headers);
/** The other form in which Figma says the same. */
const invalid = (message: string): SandboxReply => jsonReply(400, { error: true, status: 400, message });

const timeText = (ms: number): string => new Date(ms).toISOString();

function withFile(run: (call: FigmaCall, file: FigmaFile) => SandboxReply) {
  return (call: FigmaCall): SandboxReply => {
    const file = call.state.files.find(({ key }) => key === call.params['file']);
    if (file === undefined) return failed(404, 'Not found');
    return file.isShared ? run(call, file) : failed(403, 'Forbidden');
  };
}

function commentShape({ key }: FigmaFile, { id, parentId, message, place, user, createdAtMs }: FigmaComment) {
  return {
    id,
    file_key: key,
    parent_id: parentId ?? '',
    user,
    created_at: timeText(createdAtMs),
    resolved_at: null,
    message,
    client_meta: place,
    order_id: parentId === undefined ? id : null,
    reactions: [],
  };
}

function createComment(call: FigmaCall, file: FigmaFile): SandboxReply {
  const { fields, state, nowMs } = call;
  const { message, comment_id: parentId, client_meta: place = { x: 0, y: 0 }, ...unknown } = fields;
  if (typeof message !== 'string' || message === '') return invalid('message is required');
  if (message.length > MESSAGE_CHARACTERS_MAX) return invalid('message is too long');
  if (Object.keys(unknown).length > 0 || !isObject(place)) return invalid('the body has a field of a wrong form');
  const parent = parentId === undefined ? undefined : file.comments.find(({ id }) => id === parentId);
  if (parentId !== undefined && parent === undefined) return failed(404, 'Comment not found');
  if (parent?.parentId !== undefined) return invalid('Replies can only be made to root comments');
  const { email: _email, ...user } = state.me;
  const comment = { id: String(++state.lastId), parentId: parent?.id, message, place, user, createdAtMs: nowMs };
  file.comments.push(comment);
  call.emit('FILE_COMMENT', {
    event_type: 'FILE_COMMENT',
    file_key: file.key,
    file_name: file.name,
    comment: [{ text: message }],
    comment_id: comment.id,
    created_at: timeText(nowMs),
    triggered_by: { id: user.id, handle: user.handle },
    timestamp: timeText(nowMs),
    webhook_id: '22',
  });
  return jsonReply(200, commentShape(file, comment));
}

function deleteComment({ params, state }: FigmaCall, file: FigmaFile): SandboxReply {
  const comment = file.comments.find(({ id }) => id === params['comment']);
  if (comment === undefined) return failed(404, 'Comment not found');
  if (comment.user.id !== state.me.id) return failed(403, 'You can only delete your own comments');
  file.comments = file.comments.filter(({ id, parentId }) => id !== comment.id && parentId !== comment.id);
  return jsonReply(200, { status: 200, error: false });
}

function listFiles({ params, state }: FigmaCall): SandboxReply {
  const project = state.projects.find(({ id }) => id === params['project']);
  if (project === undefined) return invalid('There is no such project');
  const own = state.files.filter((file) => file.project === project.id && file.isShared);
  if (own.length === 0) return failed(403, 'Forbidden');
  const files = own.map(({ key, name, touchedAtMs }) => ({ key, name, last_modified: timeText(touchedAtMs) }));
  return jsonReply(200, { name: project.name, files });
}

const isComments = ({ request }: FigmaCall): boolean => request.path.includes('/comments');

export const figma = defineSandbox<FigmaState>({
  name: 'figma',
  address: 'https://api.figma.com',
  basePath: '',
  begin,
  tokens: [
    { value: 'figd_sandboxTokenOfFairlead', name: 'personal token', scopes: [...READS, 'file_comments:write'] },
    { value: 'figd_sandboxTokenThatOnlyReads', name: 'reading token', scopes: READS },
  ],
  tokenOf: ({ 'x-figma-token': own, authorization = '' }) =>
    own ?? (authorization.replace(/^Bearer\s+/i, '') || undefined),
  authorize: ({ tokenState }) => (tokenState === 'valid' ? undefined : failed(403, 'Invalid token')),
  answers: {
    notFound: () => failed(404, 'Not found'),
    malformed: () => invalid('The body is not valid JSON'),
    limited: (_call, verdict: LimitVerdict | undefined) =>
      failed(429, 'Rate limit exceeded', {
        'x-figma-plan-tier': 'pro',
        'x-figma-rate-limit-type': 'low',
        ...(verdict && { 'retry-after': String(Math.max(1, Math.ceil(verdict.waitMs / 1000))) }),
      }),
    missingScope: (_call, [scope = '']) => failed(403, `Invalid scope(s). This endpoint requires the ${scope} scope`),
  },
  headers: ({ requestId }) => ({ 'x-request-id': requestId }),
  limits: {
    tier2: {
      kind: 'bucket',
      limit: 25,
      perMs: MINUTE_MS,
      account: (call) => (isComments(call) || call.request.path.includes('/projects/') ? call.token?.name : undefined),
    },
    tier3: {
      kind: 'bucket',
      limit: 50,
      perMs: MINUTE_MS,
      account: (call) => (call.request.path.endsWith('/meta') ? call.token?.name : undefined),
    },
  },
  troubles: {
    missing_scope: () => failed(403, 'Invalid scope(s): this endpoint requires the file_comments:write scope'),
    expired_key: () => failed(403, 'Token expired'),
  },
  routes: {
    'GET /v1/me': { scopes: ['current_user:read'], run: ({ state }) => jsonReply(200, state.me) },
    'GET /v1/files/:file/meta': {
      scopes: ['file_metadata:read'],
      run: withFile(({ state }, { key, name, touchedAtMs, project }) =>
        jsonReply(200, {
          name,
          folder_name: state.projects.find(({ id }) => id === project)?.name ?? '',
          last_touched_at: timeText(touchedAtMs),
          creator: state.ada,
          last_touched_by: state.ada,
          editorType: 'figma',
          role: 'editor',
          link_access: 'view',
          url: `https://www.figma.com/design/${key}`,
          version: '7',
        }),
      ),
    },
    'GET /v1/projects/:project/files': { scopes: ['projects:read'], run: listFiles },
    'GET /v1/files/:file/comments': {
      scopes: ['file_comments:read'],
      run: withFile((_call, file) =>
        jsonReply(200, { comments: file.comments.map((comment) => commentShape(file, comment)) }),
      ),
    },
    'POST /v1/files/:file/comments': { scopes: ['file_comments:write'], run: withFile(createComment) },
    'DELETE /v1/files/:file/comments/:comment': { scopes: ['file_comments:write'], run: withFile(deleteComment) },
  },
  oauth,
  webhooks: {
    scheme: {
      algorithm: 'equal',
      key: 'text',
      signature: { fields: ['passcode'], encoding: 'text' },
      signs: '',
    },
    compose: ({ payload, subscription }) => ({
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...(payload as object), passcode: subscription.secret ?? '' }),
    }),
  },
  variables: (_address, { value }) => ({ FIGMA_TOKEN: value }),
  shows: ({ files }) => ({ files }),
});

export class FigmaSandbox extends Simulation<FigmaState> {
  constructor(options: SimulationOptions<FigmaState> = {}) {
    super(figma, options);
  }

  file(key = 'fileOnboarding01'): FigmaFile {
    return this.data.files.find((one) => one.key === key) ?? this.data.files[0]!;
  }
}
