/**
 * The providers' own verifiers, each as one question: is this delivery genuine? They throw, take strings only, or read
 * the clock themselves; here they all answer yes or no for the same input as ours.
 *
 * @module
 */
import { verifyWebhookSignature } from '@notionhq/client';
import { LinearWebhookClient } from '@linear/sdk/webhooks';
import { verify as verifyOctokit } from '@octokit/webhooks-methods';
import { isValidSlackRequest } from '@slack/bolt';
import { verifyKey } from 'discord-interactions';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import Stripe from 'stripe';
import { Webhook as SvixWebhook } from 'svix';
import { Paddle, Signature, twilio, WebhooksHelper } from './large-packages.js';
import type { Genuine } from './subject.js';

export type OfficialVerifier = (input: Genuine) => boolean | Promise<boolean>;

const stripe = new Stripe('sk_test_none');
const paddle = new Paddle('none');

/** A secret in the form the SDK wants; ours holds one. */
const first = ({ secrets }: Genuine): string => secrets[0]!;
const text = ({ body }: Genuine): string => body.toString();

/** By provider and scheme. Their clocks are the process's; the test sets it. */
export const OFFICIAL: Readonly<Record<string, { package: string; accepts: OfficialVerifier }>> = {
  'stripe stripe-v1': {
    package: 'stripe',
    accepts: (input) =>
      Boolean(stripe.webhooks.constructEvent(input.body, input.headers['stripe-signature']!, first(input))),
  },
  'github github-hmac-sha256': {
    package: '@octokit/webhooks-methods',
    accepts: (input) => verifyOctokit(first(input), text(input), input.headers['x-hub-signature-256']!),
  },
  'standard-webhooks standard-webhooks-v1': {
    package: 'standardwebhooks',
    accepts: (input) => {
      new StandardWebhook(first(input)).verify(input.body, input.headers, { jsonParse: false });
      return true;
    },
  },
  'svix svix-v1': {
    package: 'svix',
    accepts: (input) => Boolean(new SvixWebhook(first(input)).verify(input.body, input.headers)),
  },
  'resend svix-v1': {
    package: 'svix',
    accepts: (input) => Boolean(new SvixWebhook(first(input)).verify(input.body, input.headers)),
  },
  'slack slack-v0': {
    package: '@slack/bolt',
    accepts: (input) =>
      isValidSlackRequest({
        signingSecret: first(input),
        body: text(input),
        headers: {
          'x-slack-signature': input.headers['x-slack-signature']!,
          'x-slack-request-timestamp': input.headers['x-slack-request-timestamp'] as unknown as number,
        },
        nowMilliseconds: input.nowMs,
      }),
  },
  'twilio twilio-sha1': {
    package: 'twilio',
    accepts: (input) =>
      twilio.validateRequest(first(input), input.headers['x-twilio-signature']!, input.url, formOf(input.body)),
  },
  'twilio twilio-sha1-bodysha256': {
    package: 'twilio',
    accepts: (input) =>
      twilio.validateRequestWithBody(first(input), input.headers['x-twilio-signature']!, input.url, text(input)),
  },
  'square square-hmac-sha256': {
    package: 'square',
    accepts: (input) =>
      WebhooksHelper.verifySignature({
        requestBody: text(input),
        signatureHeader: input.headers['x-square-hmacsha256-signature']!,
        signatureKey: first(input),
        notificationUrl: input.url,
      }),
  },
  'paddle paddle-h1': {
    package: '@paddle/paddle-node-sdk',
    accepts: (input) => paddle.webhooks.isSignatureValid(text(input), first(input), input.headers['paddle-signature']!),
  },
  'discord discord-ed25519': {
    package: 'discord-interactions',
    accepts: (input) =>
      verifyKey(
        input.body,
        input.headers['x-signature-ed25519']!,
        input.headers['x-signature-timestamp']!,
        first(input),
      ),
  },
  'hubspot hubspot-v1': { package: '@hubspot/api-client', accepts: (input) => hubspot(input, 'v1') },
  'hubspot hubspot-v2': { package: '@hubspot/api-client', accepts: (input) => hubspot(input, 'v2') },
  'hubspot hubspot-v3': { package: '@hubspot/api-client', accepts: (input) => hubspot(input, 'v3') },
  'notion notion-hmac-sha256': {
    package: '@notionhq/client',
    accepts: (input) =>
      verifyWebhookSignature({
        body: input.body,
        signature: input.headers['x-notion-signature']!,
        verificationToken: first(input),
      }),
  },
  'linear linear-hmac-sha256': {
    package: '@linear/sdk',
    accepts: (input) =>
      Boolean(new LinearWebhookClient(first(input)).parseData(input.body, input.headers['linear-signature']!)),
  },
};

/** The verdict, with anything thrown as a no. */
export async function officialAccepts(name: string, input: Genuine): Promise<boolean> {
  try {
    return await OFFICIAL[name]!.accepts(input);
  } catch {
    return false;
  }
}

function hubspot(input: Genuine, version: string): boolean {
  return Signature.isValid({
    signature: input.headers[version === 'v3' ? 'x-hubspot-signature-v3' : 'x-hubspot-signature']!,
    clientSecret: first(input),
    requestBody: text(input),
    signatureVersion: version,
    url: input.url,
    method: input.method,
    timestamp: input.headers['x-hubspot-request-timestamp'],
  });
}

/** As Express's parser hands a form to the SDK: the values of a repeated name as a list. */
function formOf(body: Buffer): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(body.toString())) {
    const before = fields[name];
    fields[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  return fields;
}
