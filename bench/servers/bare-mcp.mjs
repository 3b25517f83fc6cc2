/**
 * The peer of bench `mcp`: a server of the official package with one tool that asks the provider and gives back what it
 * answers. No credential, no policy, no limits, no record.
 *
 * @module
 */
import { createServer } from 'node:http';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { Pool } from 'undici';
import { z } from 'zod';

const [provider] = process.argv.slice(2);
const pool = new Pool(provider, { connections: 128 });

const TOOL = {
  description: 'Reads one thing',
  inputSchema: z.object({ id: z.string() }),
  outputSchema: z.object({ id: z.string() }),
};

const handler = toNodeHandler(
  createMcpHandler(() => {
    const server = new McpServer({ name: 'bare', version: '1.0.0' });
    server.registerTool('read', TOOL, async ({ id }) => {
      const { body } = await pool.request({ method: 'GET', path: `/v1/things/${id}` });
      const thing = await body.json();
      const structuredContent = { id: thing.id };
      return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
    });
    return server;
  }),
);

const server = createServer((request, response) => void handler(request, response));
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => console.log(`ready ${server.address().port}`));
