/** Sample Typeform responses. @module */
import { isoTime, jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

export const samples: SampleSet = {
  types: ['form_response'],
  sample(type, id, nowMs) {
    const answers = [{ type: 'text', text: 'The export stops', field: { id: 'f1', type: 'short_text' } }];
    const response = { form_id: 'form1', token: `token-${id}`, submitted_at: isoTime(nowMs), answers };
    return jsonSample({ event_id: id, event_type: type, form_response: response });
  },
};
