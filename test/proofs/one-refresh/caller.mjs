/**
 * A process with callers: reads `{urls, token, connection, calls}` from stdin, makes all calls at once, says on stdout
 * what came of each: `{status, text}`.
 *
 * @module
 */
import { keepAlive, send } from '../harness.mjs';

let text = '';
for await (const chunk of process.stdin) text += chunk;
const { urls, token, connection, calls } = JSON.parse(text);
const agent = keepAlive(calls);
const headers = {
  authorization: `Bearer ${token}`,
  'content-type': 'application/json',
  'fairlead-connection': connection,
};

async function call(at) {
  const url = `${urls[at % urls.length]}/v1/actions/linear.listTeams`;
  const { status, text: said } = await send(url, { headers, body: '{}', agent, timeoutMs: 90_000 });
  return { status, text: said };
}

const answers = await Promise.all(Array.from({ length: calls }, (_, at) => call(at)));
process.stdout.write(JSON.stringify(answers));
process.exit(0);
