/** There is one way to make a tool and one place that answers the protocol, so nothing is reached around the checks. */
import { describe, expect, it } from 'vitest';
import { textOf, treeFiles } from './tree.js';

const SOURCES = treeFiles(/^src\/.*\.ts$/).filter((path) => !path.endsWith('.test.ts'));
const using = (pattern: RegExp): string[] => SOURCES.filter((path) => pattern.test(textOf(path)));

describe('the MCP door', () => {
  it('answers requests of the protocol in one file', () => {
    expect(using(/\.(setRequestHandler|registerTool|registerResource|registerPrompt)\(/)).toEqual([
      'src/doors/mcp/protocol-server.ts',
    ]);
  });

  it('makes tools of operations in one file, and two that lead to them', () => {
    expect(using(/annotations: (hintsOf\(|\{ readOnlyHint: (true|false))/)).toEqual([
      'src/doors/mcp/catalogue-tools.ts',
      'src/doors/mcp/operation-tool.ts',
    ]);
  });

  it('is the only one that speaks the protocol', () => {
    const speakers = using(/from '@modelcontextprotocol\//);
    expect(speakers.filter((path) => !path.startsWith('src/doors/mcp/'))).toEqual([]);
  });
});
