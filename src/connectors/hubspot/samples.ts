/** Sample HubSpot events, one in its batch. @module */
import { jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

export const samples: SampleSet = {
  types: ['contact.creation', 'contact.propertyChange', 'deal.creation'],
  sample(type, id, nowMs) {
    const event = {
      eventId: id,
      subscriptionId: 25,
      portalId: 33,
      occurredAt: nowMs,
      subscriptionType: type,
      attemptNumber: 0,
      objectId: 123,
      ...(type.endsWith('propertyChange') && { propertyName: 'lifecyclestage', propertyValue: 'customer' }),
    };
    return jsonSample([event]);
  },
};
