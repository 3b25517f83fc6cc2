/** The connector of the guide is one that works, and the guide shows it as it is. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as kit from '../../src/connector.js';
import { connectorProblems } from '../../src/testing/index.js';
import { connector } from './bikes.js';

const here = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const GUIDE = here('../../docs/guide/connectors.md');

describe('the guide for connectors', () => {
  it('shows a connector that passes the suite', () => {
    expect(connectorProblems(connector)).toEqual([]);
  });

  it('shows it as it was tested', () => {
    const [, ...source] = here('./bikes.ts').replace('../../src/connector.js', 'fairlead/connector').split('\n');
    expect(GUIDE).toContain(source.join('\n').trim());
  });

  it('names everything that the kit exports', () => {
    const missing = Object.keys(kit).filter((name) => !GUIDE.includes(name));
    expect(missing).toEqual([]);
  });
});
