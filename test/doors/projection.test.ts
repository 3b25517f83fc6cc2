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
import { inputFields, operationTable } from '../../src/operations/index.js';
import { createSetting } from './setting.js';

const table = operationTable(CONNECTORS);
const stream = { isTty: false, columns: 100, write: () => {}, drained: async () => {} };
const program = buildProgram(table, { version: '0', stdout: stream, stderr: stream }, undefined, () => {});
const commands = new Map(listCommands(program).map((command) => [command.words, command]));
let app: Hono;

beforeAll(async () => {
  const { gateway } = await createSetting();
  app = restApp({ gateway, identify: () => expect.fail('asked'), environment: 'sandbox', via: 'rest' }, table);
});

describe('the table of operations', () => {
  it('is printed, with its place in every door', () => {
    const rows = table.map(({ name, http, cli, effect, scope }) => [
      name,
      `${http.method} ${http.path}`,
      `fairlead ${cli.words}`,
      effect,
      scope,
    ]);
    const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
    console.log(rows.map((row) => row.map((text, column) => text.padEnd(widths[column]!)).join('  ')).join('\n'));
    expect(rows.flat().filter((text) => text === '')).toEqual([]);
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
