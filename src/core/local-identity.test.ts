import { describe, expect, it } from 'vitest';
import { LOCAL_TYPES, localPrincipal, restrictType } from './local-identity.js';

describe('the credential of this machine', () => {
  it('can be used as less than it grants, never as more', () => {
    for (const [trust, granted] of LOCAL_TYPES.entries()) {
      expect(restrictType(granted, undefined)).toBe(granted);
      for (const stated of [...LOCAL_TYPES, 'system', 'handler', '', 'PERSON', '__proto__']) {
        const result = restrictType(granted, stated);
        expect(LOCAL_TYPES.indexOf(result)).toBeGreaterThanOrEqual(trust);
      }
    }
    expect(restrictType('person', 'agent')).toBe('agent');
    expect(restrictType('api_key', 'person')).toBe('api_key');
    expect(restrictType('person', 'nobody knows')).toBe('agent');
  });

  it('names the program only of an agent', () => {
    expect(localPrincipal('agent', 'local', 'cli', 'x').agent).toEqual({ client: 'x' });
    expect(localPrincipal('person', 'local', 'cli', 'x').agent).toBeUndefined();
  });
});
