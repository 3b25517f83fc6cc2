/** Parameters as Stripe reads them: text in a form, brackets for structure, unknown ones refused. @module */
import { isObject } from '../../core/json.js';
import type { Fields, SandboxReply } from '../kit/index.js';
import { invalid, type StripeCall } from './answers.js';

/** Taken everywhere. */
const ALWAYS = ['expand'];

/** Lets a call through whose parameters are all in `names` (separated by blanks). */
export function taking(names: string, run: (call: StripeCall, params: Fields) => SandboxReply) {
  const known = new Set([...names.split(' ').filter(Boolean), ...ALWAYS]);
  return (call: StripeCall): SandboxReply => {
    const params =
      call.request.method === 'GET' || call.request.method === 'DELETE'
        ? { ...call.query, ...call.fields }
        : call.fields;
    const unknown = Object.keys(params).find((name) => !known.has(name));
    if (unknown !== undefined) {
      return invalid(`Received unknown parameter: ${unknown}`, { param: unknown, code: 'parameter_unknown' });
    }
    return run(call, params);
  };
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** A whole number written in digits; `undefined` for anything else. */
export function countOf(value: unknown): number | undefined {
  return typeof value === 'string' && /^-?\d{1,12}$/.test(value) ? Number(value) : undefined;
}

export function isTrue(value: unknown): boolean {
  return value === 'true';
}

export function objectOf(value: unknown): Fields {
  return isObject(value) ? value : {};
}

export function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Keys with empty values are taken away, as Stripe does. */
export function mergedMetadata(before: unknown, given: unknown): Record<string, string> {
  if (given === '') return {};
  const entries = Object.entries({ ...objectOf(before), ...objectOf(given) }).filter(([, value]) => value !== '');
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

export function addressOf(value: unknown): Record<string, string | null> | null {
  if (!isObject(value)) return null;
  const names = ['city', 'country', 'line1', 'line2', 'postal_code', 'state'];
  return Object.fromEntries(names.map((name) => [name, textOf(value[name])]));
}
