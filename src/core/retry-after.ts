/**
 * When a provider asks us to come back, in the forms in which providers say it. Every function answers with
 * milliseconds from now, or `undefined` when nothing usable is said: then backoff decides. The answer is never 0,
 * never negative, and never above {@link RETRY_AFTER_CAP_MS}.
 *
 * @module
 */

/** A day. What asks for more is a mistake or an attack, and a day is long enough to look at either. */
export const RETRY_AFTER_CAP_MS = 24 * 60 * 60 * 1000;

/**
 * Reads a `Retry-After` field: delay in seconds or an HTTP-date (RFC 9110, section 10.2.3). Fractions of a second are
 * taken too (Discord sends them in the body). A past date, `0` and a negative number say nothing that could be obeyed.
 */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,15}(\.\d{1,9})?$/.test(text)) return capped(Number(text) * 1000);
  const atMs = httpDateMs(text, nowMs);
  return atMs === undefined ? undefined : capped(atMs - nowMs);
}

/** Milliseconds until an instant in Unix seconds, decimals allowed (`x-ratelimit-reset` of GitHub, Discord). */
export function untilEpochSecondsMs(value: string | undefined, nowMs: number): number | undefined {
  return untilMs(value, 1000, nowMs);
}

/** Milliseconds until an instant in Unix milliseconds (Linear). */
export function untilEpochMillisecondsMs(value: string | undefined, nowMs: number): number | undefined {
  return untilMs(value, 1, nowMs);
}

const ISO_INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;

/** Milliseconds until an ISO 8601 instant with its offset (in the words of some errors). */
export function untilIsoMs(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  return ISO_INSTANT.test(text) ? capped(Date.parse(text) - nowMs) : undefined;
}

function untilMs(value: string | undefined, unitMs: number, nowMs: number): number | undefined {
  const text = value?.trim();
  if (text === undefined || !/^\d{1,15}(\.\d{1,9})?$/.test(text)) return undefined;
  return capped(Number(text) * unitMs - nowMs);
}

function capped(ms: number): number | undefined {
  if (!(ms > 0)) return undefined;
  return Math.min(Math.ceil(ms), RETRY_AFTER_CAP_MS);
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH = MONTHS.join('|');
const TIME = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`;

/** The three forms of RFC 9110, section 5.6.7. A recipient must take all of them. */
const IMF_FIXDATE = new RegExp(String.raw`^[a-z]{3}, (?<day>\d\d) (?<month>${MONTH}) (?<year>\d{4}) ${TIME} gmt$`, 'i');
const RFC_850 = new RegExp(String.raw`^[a-z]{6,9}, (?<day>\d\d)-(?<month>${MONTH})-(?<year>\d\d) ${TIME} gmt$`, 'i');
const ASCTIME = new RegExp(String.raw`^[a-z]{3} (?<month>${MONTH}) (?<day>[ \d]\d) ${TIME} (?<year>\d{4})$`, 'i');

/** Unix milliseconds of an HTTP-date (RFC 9110, section 5.6.7), or `undefined` when `text` is none. */
export function httpDateMs(text: string, nowMs: number): number | undefined {
  const parts = (IMF_FIXDATE.exec(text) ?? RFC_850.exec(text) ?? ASCTIME.exec(text))?.groups;
  if (parts === undefined) return undefined;
  const number = (name: string): number => Number(parts[name]);
  const month = MONTHS.indexOf(parts['month']!.toLowerCase());
  const year = parts['year']!.length === 2 ? fullYear(number('year'), nowMs) : number('year');
  const [day, hour, minute, second] = [number('day'), number('hour'), number('minute'), number('second')];
  const atMs = Date.UTC(year, month, day, hour, minute, second);
  // Date.UTC rolls 31 February over into March, and 25:00 into the next day.
  const back = new Date(atMs);
  const rolled = back.getUTCDate() !== day || back.getUTCHours() !== hour || back.getUTCMinutes() !== minute;
  return rolled || second > 60 ? undefined : atMs;
}

/** A two-digit year more than 50 years ahead means the last year that ended so (RFC 9110, section 5.6.7). */
function fullYear(lastDigits: number, nowMs: number): number {
  const thisYear = new Date(nowMs).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + lastDigits;
  return year > thisYear + 50 ? year - 100 : year;
}
