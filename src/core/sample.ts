/** Building sample deliveries: the two kinds of body that webhooks have. @module */

export interface Sample {
  body: string;
  headers: Record<string, string>;
}

export function jsonSample(value: unknown, headers: Record<string, string> = {}): Sample {
  return { body: JSON.stringify(value), headers: { 'content-type': 'application/json', ...headers } };
}

export function formSample(fields: Record<string, string>, headers: Record<string, string> = {}): Sample {
  const body = new URLSearchParams(fields).toString();
  return { body, headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } };
}

/** ISO 8601 in UTC with milliseconds. */
export function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}
