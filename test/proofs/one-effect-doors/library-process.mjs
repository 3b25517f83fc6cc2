/** A program of a user's: opens the library in the folder that it is given, and makes the calls that come a line each. */
import { createInterface } from 'node:readline';
import { createFairlead } from '../../../dist/index.js';

const { fairlead: options } = JSON.parse(process.argv[2]);
const fairlead = await createFairlead({ ...options, variables: { ...process.env } });
console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin })) {
  const { action, input, idempotencyKey } = JSON.parse(line);
  const result = await fairlead.run(action, input, { idempotencyKey }).catch(({ code }) => ({ state: 'failed', code }));
  console.log(JSON.stringify(result));
}
await fairlead.close();
