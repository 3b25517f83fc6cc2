/** One object, or a page of them, as an answer: by version, with what `expand` asks for. @module */
import { isObject } from '../../core/json.js';
import { boundedCount, jsonReply, pageAroundId, type Fields, type SandboxReply } from '../kit/index.js';
import { invalid, noSuch, type StripeCall } from './answers.js';
import { all, find, type StripeObject, type StripeState } from './state.js';
import { inVersion, ONLY_EXPANDED, versionOf } from './versions.js';

const DEPTH_MAX = 4;

export function objectReply(call: StripeCall, object: Record<string, unknown>): SandboxReply {
  const paths = expansions(call);
  if (paths.some((path) => path.length > DEPTH_MAX)) return invalid('You cannot expand more than 4 levels.');
  const whole = expanded(call.state, object, paths);
  return jsonReply(200, inVersion(whole, versionOf(call)));
}

/** What every list takes. */
export const LIST_PARAMS = 'limit starting_after ending_before created';

/** A page of a kind, newest first, narrowed by equality of `filters` and by `created`. */
export function listReply(call: StripeCall, kind: string, filters: readonly string[] = []): SandboxReply {
  const params = call.query;
  const wanted = all(call.state, kind).filter(
    (object) =>
      filters.every((name) => params[name] === undefined || String(object[name]) === params[name]) &&
      isCreatedWithin(object.created, params['created']),
  );
  return pageReply(call, wanted);
}

export function pageReply(call: StripeCall, wanted: readonly StripeObject[]): SandboxReply {
  const { limit, starting_after: after, ending_before: before } = call.query;
  const size = boundedCount(limit, { fallback: 10, max: 100 });
  const page = pageAroundId(wanted, { after: textIn(after), before: textIn(before), size });
  if (page === undefined)
    return noSuch('object', after ?? before, after === undefined ? 'ending_before' : 'starting_after');
  const list = { object: 'list', url: call.request.path, has_more: page.hasMore, data: page.items };
  return objectReply(call, list);
}

const textIn = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function isCreatedWithin(created: number, range: unknown): boolean {
  if (!isObject(range)) return range === undefined || created === Number(range);
  const { gt, gte, lt, lte } = range as Fields;
  const holds = (bound: unknown, compare: (value: number) => boolean) => bound === undefined || compare(Number(bound));
  return (
    holds(gt, (bound) => created > bound) &&
    holds(gte, (bound) => created >= bound) &&
    holds(lt, (bound) => created < bound) &&
    holds(lte, (bound) => created <= bound)
  );
}

function expansions({ query, fields }: StripeCall): string[][] {
  const given = fields['expand'] ?? query['expand'];
  return Array.isArray(given) ? given.map((path) => String(path).split('.')) : [];
}

/** A copy in which the ids on the paths are the objects they name. */
function expanded(state: StripeState, value: unknown, paths: readonly string[][]): unknown {
  if (Array.isArray(value)) return value.map((one) => expanded(state, one, paths));
  if (!isObject(value)) return value;
  const hidden = new Set(ONLY_EXPANDED[String(value['object'] ?? '')] ?? []);
  const shown = Object.entries(value).filter(([name]) => !hidden.has(name) || paths.some(([first]) => first === name));
  const entries = shown.map(([name, one]): [string, unknown] => {
    const below = paths.filter(([first]) => first === name).map((path) => path.slice(1));
    const isNamed = below.length > 0 && typeof one === 'string';
    const target = isNamed ? (state.objects.get(one) ?? one) : one;
    return [
      name,
      expanded(
        state,
        target,
        below.filter((path) => path.length > 0),
      ),
    ];
  });
  return Object.fromEntries(entries);
}

/** Runs with the object that the path names, or answers that there is none. */
export function withObject(kind: string, run: (call: StripeCall, object: StripeObject) => SandboxReply) {
  return (call: StripeCall): SandboxReply => {
    const object = find(call.state, kind, call.params['id']);
    return object === undefined ? noSuch(kind, call.params['id']) : run(call, object);
  };
}

export const showObject = (kind: string) => withObject(kind, objectReply);
