/** Sample Figma events. The passcode is put in by the signer. @module */
import { isoTime, jsonSample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

export const samples: SampleSet = {
  types: ['FILE_UPDATE', 'FILE_COMMENT', 'FILE_DELETE', 'LIBRARY_PUBLISH'],
  sample(type, id, nowMs) {
    return jsonSample({
      event_type: type,
      file_key: `file-${id}`,
      file_name: 'Onboarding',
      timestamp: isoTime(nowMs),
      webhook_id: '22',
      ...(type === 'FILE_COMMENT' && { comment_id: `comment-${id}`, comment: [{ text: 'Larger, please.' }] }),
    });
  },
};
