/** Sample Resend events: invented mails to reserved addresses. @module */
import { isoTime, jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

const DETAILS: Record<string, Record<string, unknown>> = {
  'email.delivered': {},
  'email.sent': {},
  'email.delivery_delayed': {},
  'email.complained': {},
  'email.bounced': {
    bounce: { type: 'Permanent', subType: 'Suppressed', message: 'The recipient is on the suppression list.' },
  },
  'email.opened': { open: { ipAddress: '192.0.2.10', userAgent: 'Mail/1.0' } },
  'email.clicked': { click: { ipAddress: '192.0.2.10', link: 'https://example.com/plans', userAgent: 'Mail/1.0' } },
};

export const samples: SampleSet = {
  types: Object.keys(DETAILS),
  sample(type, id, nowMs) {
    const at = isoTime(nowMs);
    const data = {
      created_at: at,
      email_id: `email-${id}`,
      from: 'Example <billing@example.com>',
      to: ['ada@example.org'],
      subject: 'Your new plan',
      tags: { category: 'billing' },
      ...DETAILS[type],
    };
    return jsonSample({ type, created_at: at, data }, { 'svix-id': `msg_${id}` });
  },
};
