/** A dry run: the exact request as a person can read it, without its secret. @module */
import type { RequestPreview } from '../core/call.js';
import type { Plan } from './plan.js';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

export function previewOf({ rendered, connection }: Pick<Plan, 'rendered' | 'connection'>): RequestPreview {
  const { method, url, headers, body } = rendered;
  return {
    method,
    url: url?.href ?? `(the secret address of ${connection.view.id})`,
    headers: { ...headers },
    ...(body && { body: textOf(body) }),
  };
}

function textOf(body: Uint8Array): string {
  try {
    return UTF8.decode(body);
  } catch {
    return `(${body.byteLength} bytes)`;
  }
}
