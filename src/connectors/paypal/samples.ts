/** Sample PayPal events. @module */
import { isoTime, jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

export const samples: SampleSet = {
  types: ['PAYMENT.CAPTURE.COMPLETED', 'PAYMENT.CAPTURE.REFUNDED', 'BILLING.SUBSCRIPTION.ACTIVATED'],
  sample(type, id, nowMs) {
    const resource = { id: `resource-${id}`, amount: { currency_code: 'EUR', value: '49.98' }, status: 'COMPLETED' };
    const event = { id: `WH-${id}`, event_version: '1.0', create_time: isoTime(nowMs), event_type: type, resource };
    return jsonSample(event, { 'paypal-transmission-id': id, 'paypal-auth-algo': 'SHA256withRSA' });
  },
};
