/** What every page for a browser is sent with. @module */
import { createHash } from 'node:crypto';

/** Nothing of a device that a page of ours could ask for. */
const NO_FEATURES = 'accelerometer camera display-capture geolocation gyroscope hid microphone midi payment serial usb'
  .split(' ')
  .map((feature) => `${feature}=()`)
  .join(', ');

/** Beside a content security policy of its own. Browsers heed the fourth over https alone. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'strict-transport-security': 'max-age=31536000',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': NO_FEATURES,
  'x-frame-options': 'DENY',
};

/** For a policy: this text as a style, and no other. */
export function styleSource(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}
