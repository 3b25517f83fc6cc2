/** Every operation stands in every door, and the table of both is printed without holes. */
import type { Hono } from 'hono';
import { beforeAll, describe, expect, it } from 'vitest';
import { CONNECTORS } from '../../src/connectors/index.js';
import { ERRORS } from '../../src/core/errors.js';
import { pathParameters } from '../../src/core/rest-shape.js';
import { listCommands } from '../../src/doors/cli/command-list.js';
import { GLOBAL_FLAGS } from '../../src/doors/cli/globals.js';
import { planOf } from '../../src/doors/cli/operation-command.js';
import { buildProgram } from '../../src/doors/cli/program.js';
import { openApiDocument } from '../../src/doors/http/openapi.js';
import { restApp } from '../../src/doors/http/rest.js';
import { LISTED_ACTIONS } from '../../src/connectors/listed-actions.js';
import { controlsOf } from '../../src/doors/mcp/controls.js';
import { toolNameOf } from '../../src/doors/mcp/tool-name.js';
import { toolTable } from '../../src/doors/mcp/tool-table.js';
import { withheldBecause } from '../../src/doors/mcp/withheld.js';
import { inputFields, jsonSchemaOf, operationTable, type Operation } from '../../src/operations/index.js';
import { createSetting } from './setting.js';

const table = operationTable(CONNECTORS);
const tools = toolTable(CONNECTORS, LISTED_ACTIONS);
const description = openApiDocument(table, '0.1.0') as unknown as {
  paths: Record<
    string,
    Record<
      string,
      {
        parameters: { name?: string; in?: string }[];
        requestBody?: { content: Record<'application/json', { schema: { properties?: object } }> };
      }
    >
  >;
};

/** Listed, or found by search and run by name, or withheld. */
function toolOf(operation: Operation): string {
  const reason = withheldBecause(operation);
  if (reason !== undefined) return `none: ${reason}`;
  const name = toolNameOf(operation.name);
  return tools.listed.some((tool) => tool.name === name) ? name : `actions_run ${operation.name}`;
}

const inLibrary = ({ name, audit }: Operation): string =>
  audit === 'call' && !name.startsWith('requests.') ? `fairlead.${name}(...)` : `fairlead.run('${name}', ...)`;

const stream = { isTty: false, columns: 100, write: () => {}, drained: async () => {} };
const program = buildProgram(table, { version: '0', stdout: stream, stderr: stream }, undefined, () => {});
const commands = new Map(listCommands(program).map((command) => [command.words, command]));
let app: Hono;

beforeAll(async () => {
  const { gateway } = await createSetting();
  app = restApp({ gateway, identify: () => expect.fail('asked'), environment: 'sandbox', via: 'rest' }, table);
});

describe('the table of operations', () => {
  it('is printed, with its place in every door, or the reason why it has none', () => {
    const rows = table.map((operation) => {
      const { name, http, cli, effect, scope } = operation;
      return [
        name,
        `${http.method} ${http.path}`,
        `fairlead ${cli.words}`,
        toolOf(operation),
        inLibrary(operation),
      ].concat(effect, scope);
    });
    const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
    console.log(rows.map((row) => row.map((text, column) => text.padEnd(widths[column]!)).join('  ')).join('\n'));
    expect(rows.flat().filter((text) => text === '')).toEqual([]);
  });

  it('takes and gives the same in every door', () => {
    for (const operation of table) {
      const wanted = jsonSchemaOf(operation.input, 'input');
      const names = Object.keys(wanted.properties ?? {}).sort();
      const { method, path } = operation.http;
      const { parameters, requestBody } = description.paths[path]![method.toLowerCase()]!;
      const inRest = [
        ...parameters.flatMap(({ name, in: where }) => (where === 'path' || where === 'query' ? [name!] : [])),
        ...Object.keys(requestBody?.content['application/json'].schema.properties ?? {}),
      ];
      expect(inRest.sort(), `REST: ${operation.name}`).toEqual(names);
      const inCli = inputFields(operation).map(({ name }) => name);
      expect(inCli.sort(), `CLI: ${operation.name}`).toEqual(names);
      const named = tools.byName.get(toolNameOf(operation.name));
      const tool = named?.operation === operation.name ? named : undefined;
      expect(tool === undefined, operation.name).toBe(withheldBecause(operation) !== undefined);
      if (tool === undefined) continue;
      const controls = Object.keys(controlsOf(operation, names));
      expect(Object.keys(tool.inputSchema.properties ?? {}).sort(), `MCP: ${operation.name}`).toEqual(
        [...names, ...controls].sort(),
      );
      const required = (wanted.required ?? []).filter((name) => wanted.properties?.[name]?.default === undefined);
      expect([...(tool.inputSchema.required ?? [])].sort(), `MCP: ${operation.name}`).toEqual(required.sort());
    }
  });

  it.each(table.map((operation) => [operation.name, operation] as const))('%s', (_name, operation) => {
    const { http, cli } = operation;
    const command = commands.get(cli.words);
    expect(command, `fairlead ${cli.words}`).toBeDefined();
    const route = http.path.replace(/\{(\w+)\}/g, ':$1');
    expect(app.routes.some(({ method, path }) => method === http.method && path === route)).toBe(true);

    const names = inputFields(operation).map((field) => field.name);
    for (const name of [...pathParameters(http.path), ...(cli.positional ?? [])]) expect(names).toContain(name);
    if (cli.secretInput !== undefined) expect(names).toContain(cli.secretInput);
    for (const code of operation.errors) expect(ERRORS).toHaveProperty(code);
    expect(operation.summary).toMatch(/^[A-Z].*[^.]$/);
  });

  it('has no name, place or command twice', () => {
    for (const of of [
      (row: (typeof table)[number]) => row.name,
      (row: (typeof table)[number]) => `${row.http.method} ${row.http.path}`,
      (row: (typeof table)[number]) => row.cli.words,
    ]) {
      const all = table.map(of);
      expect(all.filter((one, index) => all.indexOf(one) !== index)).toEqual([]);
    }
  });

  it('gives every input field a flag or a place of its own, none of which is a global flag', () => {
    const global = GLOBAL_FLAGS.map(([flags]) => /--(?:no-)?([a-z-]+)/.exec(flags)![1]);
    for (const operation of table) {
      const { positional, flags, secret } = planOf(operation);
      const reached = [...positional, ...flags.map(({ field }) => field), ...(secret === undefined ? [] : [secret])];
      expect(reached.map(({ name }) => name).sort()).toEqual(
        inputFields(operation)
          .map(({ name }) => name)
          .sort(),
      );
      for (const { flag } of flags) expect(global, operation.name).not.toContain(flag);
    }
  });

  it('needs no field under another name than its own, but for actions', () => {
    const renamed = table.filter(({ audit }) => audit !== 'call').flatMap((operation) => planOf(operation).flags);
    const names = renamed.filter(({ flag }) => flag.startsWith('field-')).map(({ flag }) => flag);
    // A report may name the key of a call that was made elsewhere; --idempotency-key is the key of this call.
    expect(names).toEqual(['field-idempotency-key']);
  });
});

describe('the description of the REST interface', () => {
  const document = openApiDocument(table, '0.1.0') as {
    paths: Record<string, Record<string, { operationId: string }>>;
  };

  it('lists every operation once', () => {
    const ids = Object.values(document.paths).flatMap((item) =>
      Object.values(item).map(({ operationId }) => operationId),
    );
    expect(ids.sort()).toEqual(table.map(({ name }) => name).sort());
  });

  it('can be written as JSON and holds no undefined schema', () => {
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });
});
