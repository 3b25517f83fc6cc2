/** Sample Twilio requests. @module */
import { formSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

export const samples: SampleSet = {
  types: ['message.received', 'message.delivered', 'message.failed', 'call.ringing', 'call.completed'],
  sample(type, id) {
    const [kind, status] = type.split('.') as [string, string];
    const common = { AccountSid: 'AC0000000000000000', From: '+15005550006', To: '+15005550009' };
    const headers = { 'i-twilio-idempotency-token': id };
    if (kind === 'call') return formSample({ ...common, CallSid: `CA${id}`, CallStatus: status }, headers);
    const body = { ...common, MessageSid: `SM${id}`, Body: "It's here & done" };
    return formSample(status === 'received' ? body : { ...body, MessageStatus: status }, headers);
  },
};
