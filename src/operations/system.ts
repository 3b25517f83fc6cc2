/** Operations on the installation: how it is, what is wrong, a copy of it. @module */
import { z } from 'zod';
import { AppError } from '../core/errors.js';
import { checkReport } from './fields.js';
import { operation } from './gateway.js';

const status = operation({
  name: 'system.status',
  summary: 'Shows what runs, how much waits, and how large the store is',
  installation: true,
  input: z.strictObject({}),
  output: z.record(z.string(), z.unknown()),
  effect: 'read',
  scope: 'read',
  errors: ['policy_denied'],
  audit: 'none',
  http: { method: 'GET', path: '/v1/status' },
  cli: { words: 'status' },
  run: (gateway) => gateway.status(),
});

const doctor = operation({
  name: 'system.doctor',
  summary: 'Checks everything that can be checked, and says what to do',
  installation: true,
  input: z.strictObject({}),
  output: checkReport,
  effect: 'read',
  scope: 'read',
  errors: ['policy_denied'],
  audit: 'none',
  http: { method: 'GET', path: '/v1/doctor' },
  cli: { words: 'doctor', table: { rows: 'checks', columns: ['ok', 'name', 'says'] } },
  async run(gateway) {
    const checks = await gateway.checks();
    return { ok: checks.every((check) => check.ok), checks };
  },
});

const backup = operation({
  name: 'system.backup',
  summary: 'Writes a consistent copy of the store while it runs; keys are not in it',
  installation: true,
  input: z.strictObject({ path: z.string().min(1).max(1_000).describe('file to write, which must not exist yet') }),
  output: z.object({ path: z.string(), bytes: z.number(), keyId: z.string() }),
  effect: 'create',
  scope: 'admin',
  errors: ['io_failure', 'conflict', 'policy_denied'],
  audit: { target: (input) => ({ type: 'file', id: input.path }) },
  http: { method: 'POST', path: '/v1/backup' },
  cli: { words: 'backup', positional: ['path'] },
  async run(gateway, _context, input) {
    if (!gateway.store.capabilities.backup) {
      throw new AppError('conflict', {
        what: 'backup',
        problem: 'this store is a server of its own: use pg_dump, or base backups and its log',
      });
    }
    const { bytes } = await gateway.store.system.backup(input.path);
    return { path: input.path, bytes, keyId: gateway.keyId() };
  },
});

export const SYSTEM_OPERATIONS = [status, doctor, backup];
