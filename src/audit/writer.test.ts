import { describe, expect, it } from 'vitest';
import { SANDBOX, Setting } from '../../test/audit/setting.js';
import type { AuditRecord } from '../core/audit.js';
import type { Principal } from '../core/principal.js';
import { externalEntry, type ExternalAction } from './writer.js';

const KEY: Principal = { type: 'api_key', id: 'key_1', scopes: ['write'], via: 'rest' };

describe('externalEntry', () => {
  it('takes what was done from the report and who reports from the credential', () => {
    const report = {
      action: 'crm.deleteContact',
      status: 'succeeded',
      target: { type: 'contact', id: '7', name: 'Ada' },
      provider: 'crm',
      details: { rows: 1 },
      // What a report may not say is not taken over.
      actor: { type: 'person', id: 'prn_boss' },
      origin: 'fairlead',
      phase: 'outcome',
      tenant: 'other',
    } as ExternalAction;
    const record = recordOf(report);
    expect(record).toMatchObject({
      phase: 'external',
      origin: 'external',
      actor: { type: 'api_key', id: 'key_1' },
      via: 'rest',
      tenant: 'default',
      action: 'crm.deleteContact',
      target: { type: 'contact', id: '7', name$: expect.stringMatching(/^c:/) },
      details: { rows: 1 },
    });
  });

  it.each([
    ['action', { action: 'delete' }],
    ['action', { action: 'crm.delete contact' }],
    ['action', { action: `crm.${'x'.repeat(80)}` }],
    ['status', { status: 'fine' }],
    ['durationMs', { durationMs: -1 }],
    ['durationMs', { durationMs: NaN }],
    ['idempotencyKey', { idempotencyKey: 'x'.repeat(1_001) }],
    ['details', { details: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`n${i}`, i])) }],
    ['details.deep', { details: { deep: {} } }],
    ['message', { error: { code: 'x', message: 'x'.repeat(1_001) } }],
  ])('refuses a bad %s', (argument, change) => {
    const report = { action: 'crm.delete', status: 'succeeded', ...change } as ExternalAction;
    expect(() => recordOf(report)).toThrow(
      expect.objectContaining({ code: 'invalid_argument', data: { argument, problem: expect.any(String) } }) as Error,
    );
  });
});

function recordOf(report: ExternalAction): AuditRecord {
  return JSON.parse(externalEntry(new Setting().recorder, SANDBOX, KEY, report).record) as AuditRecord;
}
