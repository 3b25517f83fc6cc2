/** What keeps a server from starting: it says so, with file and line where there is one, and its exit code. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { freePort, pause, startServer, workspace } from '../harness.mjs';

const TOOK_TOO_LONG_MS = 20_000;

const CONFIGS = [
  [
    'that cannot be parsed (.mjs)',
    'fairlead.config.mjs',
    'export default {\n  handlers: [\n  oops here\n};\n',
    /fairlead\.config\.mjs:3/,
  ],
  [
    'that cannot be parsed (.ts)',
    'fairlead.config.ts',
    'export default {\n  handlers: [\n  oops here\n};\n',
    /fairlead\.config\.ts:3/,
  ],
  [
    'that cannot be parsed (.json)',
    'fairlead.config.json',
    '{\n  "handlers": [],\n  oops\n}\n',
    /fairlead\.config\.json:3/,
  ],
  [
    'that throws',
    'fairlead.config.mjs',
    "const a = 1;\n\nthrow new Error('no such thing');\n",
    /fairlead\.config\.mjs:3.*no such thing/s,
  ],
  [
    'that imports what is not there',
    'fairlead.config.mjs',
    "import 'no-such-package';\nexport default {};\n",
    /fairlead\.config\.mjs.*no-such-package/s,
  ],
  ['with a field that is none', 'fairlead.config.mjs', 'export default { handelrs: [] };\n', /"handelrs" is no field/],
  ['that exports nothing', 'fairlead.config.mjs', 'export const a = 1;\n', /fairlead\.config\.mjs.*"a" is no field/s],
  ['with a handler that is none', 'fairlead.config.mjs', 'export default { handlers: [{}] };\n', /handlers\[0\]/],
];

async function ended(server) {
  const outcome = await Promise.race([server.exited, pause(TOOK_TOO_LONG_MS).then(() => ({ code: 'still running' }))]);
  server.child.kill('SIGKILL');
  await server.exited;
  return { ...outcome, text: server.output.text };
}

async function refuses(name, exit, says, { prepare = () => {}, env, args } = {}) {
  const dir = workspace('bad-start');
  await prepare(dir);
  const { code, text } = await ended(startServer(dir, await freePort(), { env, args }));
  return [
    code === exit && says.test(text) && !/^\s+at /m.test(text),
    `${name}: exit ${code}: ${text.trim().slice(0, 220)}`,
  ];
}

/** @returns {Promise<[boolean, string][]>} */
export async function starts() {
  const statements = [];
  for (const [name, file, text, says] of CONFIGS) {
    const prepare = (dir) => writeFileSync(join(dir, file), text);
    statements.push(await refuses(`a configuration ${name}`, 78, says, { prepare }));
  }
  const missing = ['serve', '--config', 'no-such.config.mjs'];
  statements.push(await refuses('a configuration that is not there', 78, /no-such\.config\.mjs/, { args: missing }));
  for (const [name, value] of [
    ['FAIRLEAD_PORT', '99999'],
    ['INTEGRATION_ENV', 'production'],
    ['FAIRLEAD_LOG_LEVEL', 'loud'],
    ['FAIRLEAD_PUBLIC_URL', 'not a url'],
    ['FAIRLEAD_ALLOWED_PRIVATE_HOSTS', '10.0.0.0/99'],
    ['FAIRLEAD_SAAS_HOSTS', 'http://'],
  ]) {
    statements.push(await refuses(`${name}=${value}`, 78, new RegExp(name), { env: { [name]: value } }));
  }

  const holder = createServer();
  await new Promise((resolve) => holder.listen(0, '127.0.0.1', resolve));
  const taken = { FAIRLEAD_PORT: String(holder.address().port) };
  statements.push(
    await refuses('a port in use', 78, new RegExp(`${taken.FAIRLEAD_PORT}.*(FAIRLEAD_PORT|port)`, 's'), { env: taken }),
  );
  holder.close();

  statements.push(
    await refuses('a data directory that is a file', 74, /\.fairlead/, {
      prepare: (dir) => writeFileSync(join(dir, '.fairlead'), ''),
    }),
  );
  statements.push(
    await refuses('a key file that others may read', 78, /keys\/.*(0600|chmod|readable)/s, {
      prepare(dir) {
        mkdirSync(join(dir, '.fairlead/keys'), { recursive: true, mode: 0o700 });
        writeFileSync(join(dir, '.fairlead/keys/vault.json'), '{}');
        chmodSync(join(dir, '.fairlead/keys/vault.json'), 0o644);
      },
    }),
  );
  return statements;
}
