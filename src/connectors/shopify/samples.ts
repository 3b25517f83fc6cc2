/** Sample Shopify webhooks. @module */
import { isoTime, jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

export const samples: SampleSet = {
  types: ['orders/create', 'orders/paid', 'products/update', 'app/uninstalled'],
  sample(type, id, nowMs) {
    const kind = type.split('/')[0]!;
    const at = isoTime(nowMs);
    const body = {
      id: 820_982_911,
      admin_graphql_api_id: `gid://shopify/${kind}/${id}`,
      created_at: at,
      updated_at: at,
    };
    return jsonSample(body, {
      'x-shopify-api-version': '2025-10',
      'x-shopify-event-id': `event-${id}`,
      'x-shopify-shop-domain': 'example.myshopify.com',
      'x-shopify-topic': type,
      'x-shopify-triggered-at': at,
      'x-shopify-webhook-id': id,
    });
  },
};
