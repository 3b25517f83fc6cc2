import { describe, expect, it } from 'vitest';
import type { PrincipalType } from '../../core/principal.js';
import { AGENT_MARKS } from './agent-marks.js';
import { principalOfProcess } from './principal-of-process.js';

const KEY = { FAIRLEAD_API_KEY: 'a-key' };
const MARK = { CLAUDECODE: '1' };

/** Terminal, variables, and who acts. */
const TABLE: [isTty: boolean, variables: Record<string, string>, type: PrincipalType, id: string][] = [
  [true, {}, 'person', 'local'],
  [false, {}, 'api_key', 'local'],
  [true, KEY, 'api_key', 'env'],
  [false, KEY, 'api_key', 'env'],
  [true, MARK, 'agent', 'local'],
  [false, MARK, 'agent', 'local'],
  [true, { ...MARK, ...KEY }, 'agent', 'env'],
  [false, { ...MARK, ...KEY }, 'agent', 'env'],
  [true, { CI: 'true' }, 'person', 'local'],
  [false, { CI: 'true' }, 'api_key', 'local'],
  [true, { CLAUDECODE: '' }, 'person', 'local'],
  [true, { CLAUDECODE: '0' }, 'person', 'local'],
  [true, { CLAUDECODE: 'false' }, 'person', 'local'],
  [true, { FAIRLEAD_API_KEY: '' }, 'person', 'local'],
  [true, { MY_CLAUDECODE: '1', AGENTS: '1', CODEX: '1' }, 'person', 'local'],
  [true, { CODEX_SANDBOX: 'seatbelt' }, 'agent', 'local'],
];

describe('who runs a command', () => {
  it.each(TABLE)('terminal %s, %j: %s %s', (isTty, variables, type, id) => {
    expect(principalOfProcess({ isTty, variables })).toMatchObject({ type, id, via: 'cli' });
  });

  it('never approves, and as an agent never administers', () => {
    for (const [isTty, variables, type] of TABLE) {
      const { scopes } = principalOfProcess({ isTty, variables });
      expect(scopes).not.toContain('approve');
      expect(scopes.includes('admin')).toBe(type !== 'agent');
    }
  });

  it.each(AGENT_MARKS)('$variable marks $client', ({ variable, client, why }) => {
    const name = variable.endsWith('_') ? `${variable}X` : variable;
    expect(principalOfProcess({ isTty: true, variables: { [name]: '1' } })).toMatchObject({
      type: 'agent',
      agent: { client },
    });
    expect(why).toMatch(/\w{3}/);
  });
});
