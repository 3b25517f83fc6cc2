/**
 * What we know of Slack's methods beyond our actions. Slack takes every method by GET and by POST, so that only its name
 * says whether it changes anything; a name that is not known to read counts as writing.
 *
 * @source slack-api-specs (names); docs.slack.dev/apis/web-api/rate-limits (messages); tiers of single methods from memory
 * @module
 */
import type { RawFacts, RawRules } from '../../core/connector.js';

const READS =
  /^\/(?:api|auth)\.test$|\.(?:list|info|history|replies|members|get|getpresence|lookupbyemail|getpermalink|listscopes)$|^\/search\.\w+$/;
const SENDS = /^\/(?:chat\.(?:postmessage|postephemeral|memessage|schedulemessage)|files\.\w+|views\.\w+)$/;
const DELETES = /\.(?:delete|deletescheduledmessage|remove|archive|kick|revoke)$/;

/** Methods that hand out or end tokens, or open a channel beside ours. */
const NOT_PASSED_ON = /^\/(?:oauth\.|openid\.|auth\.revoke|tooling\.|apps\.connections\.|apps\.manifest\.|rtm\.)/;

const TIER_4 = /^\/(?:users\.info|chat\.postephemeral|chat\.getpermalink|conversations\.(?:members|open)|api\.test)$/;
const TIER_2 = /^\/(?:conversations\.(?:list|create)|users\.list|search\.\w+|pins\.list)$/;

const textAt = ({ fields, query }: RawFacts, name: string): string | undefined => {
  const value = fields[name] ?? query.get(name);
  return typeof value === 'string' && value !== '' ? value : undefined;
};

export const raw: RawRules = {
  effect({ path }) {
    if (READS.test(path)) return 'read';
    if (SENDS.test(path)) return 'send';
    return DELETES.test(path) ? 'delete' : 'update';
  },
  refuses: ({ path }) => (NOT_PASSED_ON.test(path) ? 'this method hands out or ends credentials' : undefined),
  limits(request) {
    const { path } = request;
    const key = textAt(request, 'channel');
    if (path === '/chat.postmessage') return [{ bucket: 'message', ...(key !== undefined && { key }) }];
    const bucket = TIER_4.test(path) ? 'tier4' : TIER_2.test(path) ? 'tier2' : 'tier3';
    return [{ bucket, key: path.slice(1) }];
  },
  touches(request) {
    const id = textAt(request, 'channel');
    return id === undefined ? [] : [{ type: 'channel', id }];
  },
  // Its SDK repeats whatever is not answered with 200, ten times; a refusal in Slack's own form ends the call.
  refusal: (error) =>
    error.code === 'rate_limited'
      ? { status: 429, body: { ok: false, error: 'ratelimited' } }
      : { status: 200, body: { ok: false, error: error.code, detail: error.detail } },
};
