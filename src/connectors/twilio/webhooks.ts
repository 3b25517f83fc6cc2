/**
 * Twilio requests: HMAC-SHA1 over the public URL and the sorted form, or over a URL that holds the hash of a JSON body.
 *
 * @source twilio-node spec/validation.spec.js (read). The SDK tries two more spellings of the query, re-encoded by Node's legacy module.
 * I-Twilio-Idempotency-Token and the empty 204: memory.
 * @module
 */
import { bodyHash, formBody, jsonBody } from '../../core/delivery-body.js';
import { hmacRow, type SchemeSet } from '../../core/signature/index.js';
import type { Delivery, EventIdentity, WebhookDefinition } from '../../core/webhook.js';

/** The port is signed or not, and the URL as given or normalised, depending on the product: all are tried. */
export const schemes: SchemeSet = {
  'twilio-sha1': hmacRow({
    hash: 'sha1',
    header: 'x-twilio-signature',
    encoding: 'base64',
    signs: '{url}{form}',
    url: 'any-spelling',
  }),
  'twilio-sha1-bodysha256': hmacRow({
    hash: 'sha1',
    header: 'x-twilio-signature',
    encoding: 'base64',
    signs: '{url}',
    url: 'any-spelling',
    bodyHashIn: 'bodySHA256',
  }),
};

export const webhooks: WebhookDefinition = {
  schemes,
  identify,
  storedHeaders: ['content-type', 'user-agent', 'i-twilio-idempotency-token'],
  // Anything but markup or an empty answer is an error of the call or message.
  ackStatus: 204,
};

function identify(delivery: Delivery): EventIdentity | undefined {
  const token = delivery.headers['i-twilio-idempotency-token'];
  const named = { key: token ?? bodyHash(delivery), keyIsSigned: token === undefined };
  const form = formBody(delivery);
  if (form === undefined) {
    const type = jsonBody(delivery)?.text('type', 'EventType', 'Type');
    return type === undefined ? undefined : { ...named, type };
  }
  const subject = form.get('MessageSid') ?? form.get('CallSid') ?? form.get('SmsSid');
  return { ...named, type: typeOf(form), account: form.get('AccountSid'), subject };
}

function typeOf(form: ReadonlyMap<string, string>): string {
  if (form.has('EventType')) return form.get('EventType')!;
  if (form.has('CallSid')) return `call.${form.get('CallStatus') ?? 'update'}`;
  return `message.${form.get('MessageStatus') ?? form.get('SmsStatus') ?? 'received'}`;
}
