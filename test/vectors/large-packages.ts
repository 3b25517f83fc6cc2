/**
 * Packages of providers with thousands of files of types, which would be read whenever ours are checked: what is asked
 * of them is written down here, and they are loaded without their types.
 *
 * @module
 */
import { createRequire } from 'node:module';
import type { Genuine } from './subject.js';

const load = createRequire(import.meta.url);

type Answer = boolean | Promise<boolean>;

interface PaddleClient {
  webhooks: { isSignatureValid(body: string, secret: string, signature: string): Answer };
}

export const { Paddle } = load('@paddle/paddle-node-sdk') as { Paddle: new (key: string) => PaddleClient };

export const { Signature } = load('@hubspot/api-client') as {
  Signature: {
    isValid(request: {
      signature: string;
      clientSecret: string;
      requestBody: string;
      signatureVersion: string;
      url: string;
      method: Genuine['method'];
      /** As the header has it. */
      timestamp: string | undefined;
    }): boolean;
  };
};

export const { WebhooksHelper } = load('square') as {
  WebhooksHelper: {
    verifySignature(delivery: {
      requestBody: string;
      signatureHeader: string;
      signatureKey: string;
      notificationUrl: string;
    }): Answer;
  };
};

export const twilio = load('twilio') as {
  validateRequest(
    token: string,
    signature: string,
    url: string,
    fields: Readonly<Record<string, string | string[]>>,
  ): boolean;
  validateRequestWithBody(token: string, signature: string, url: string, body: string): boolean;
};
