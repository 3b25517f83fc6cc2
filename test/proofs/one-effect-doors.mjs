/**
 * one-effect-doors: one write, asked for three times and more, through each door, while an answer of the provider is lost
 * and the process behind the door is killed with SIGKILL in the middle. The providers live in this process, Fairlead in
 * others; what is counted is what took place at the provider: one, or an outcome that is said to be unknown.
 *
 * `SEED` repeats a whole run.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GithubSandbox, ResendSandbox, simulate, SlackSandbox, StripeSandbox } from '../../dist/testing.js';
import { conclude, isFull, pause, seeded, workspace } from './harness.mjs';
import { cliDoor, libraryDoor, mcpHttpDoor, mcpStdioDoor, restDoor } from './one-effect-doors/doors.mjs';

const RUNS = isFull ? 40 : 2;
const CALLS = 3;
const FAULTS = ['killed', 'lost', 'lost and killed', 'none'];
const DOORS = {
  REST: restDoor,
  'MCP over HTTP': mcpHttpDoor,
  'MCP over stdio': mcpStdioDoor,
  CLI: cliDoor,
  library: libraryDoor,
};
const KILL_WITHIN_MS = { REST: 120, 'MCP over HTTP': 150, 'MCP over stdio': 700, CLI: 1_500, library: 120 };

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
console.log(`seed ${seed}, ${RUNS} runs a door`);

const [slack, github, stripe, resend] = [
  new SlackSandbox(),
  new GithubSandbox(),
  new StripeSandbox(),
  new ResendSandbox(),
];
const providers = { slack, github, stripe, resend };
const { options } = await simulate(Object.values(providers));

/** One way each in which providers tell a repeat: a mark that is looked up, none, a key in a header, another header. */
const WRITES = [
  {
    action: 'slack.sendMessage',
    input: (text) => ({ channel: '#releases', text }),
    effects: (text) => slack.posts.filter((post) => post.text === text).length,
  },
  {
    action: 'github.createIssue',
    input: (title) => ({ repository: 'octo/widgets', title }),
    effects: (title) => JSON.stringify(github.data).split(`"title":${JSON.stringify(title)}`).length - 1,
  },
  {
    action: 'stripe.createCustomer',
    input: (name) => ({ email: 'ada@example.com', name }),
    effects: (name) => stripe.objects('customer').filter((one) => one.name === name).length,
  },
  {
    action: 'resend.sendEmail',
    input: (subject) => ({ from: 'billing@example.com', to: ['ada@example.org'], subject, text: 'Hi' }),
    effects: (subject) => resend.emails.filter(({ sent }) => sent.subject === subject).length,
  },
];

function environmentOf(dir) {
  const { connections, allowedPrivateHosts, variables } = options;
  const config = { connections, allowedPrivateHosts, handlers: [] };
  writeFileSync(join(dir, 'fairlead.config.mjs'), `export default ${JSON.stringify(config)};\n`);
  return { PATH: process.env.PATH, HOME: dir, ...variables };
}

async function runOnce(door, name, random, number) {
  const write = WRITES[Math.floor(random() * WRITES.length)];
  const fault = FAULTS[(number - 1) % FAULTS.length];
  const text = `run ${number} of ${name}, seed ${seed}`;
  // The doors share the accounts at the providers, where the same key would be the same call.
  const key = `key-${seed}-${name.replaceAll(' ', '-')}-${number}`;
  const provider = providers[write.action.split('.')[0]];
  const rule = { method: 'POST' };
  if (fault.includes('lost')) provider.faults.add({ kind: 'lost_answer' }, 1, rule);
  else provider.faults.add({ kind: 'slow', delayMs: 40 }, 1, rule);
  let state;
  for (let times = 0; times < CALLS; times++) {
    const called = door.call(write.action, write.input(text), key);
    if (times === 0 && fault.includes('killed')) {
      await pause(random() * KILL_WITHIN_MS[name]);
      await door.kill();
      await Promise.race([called, pause(2_000)]);
      await door.open();
      continue;
    }
    state = (await called)?.state ?? state;
  }
  provider.faults.clear();
  const effects = write.effects(text);
  const isTold = state === 'done' || state === 'replayed';
  // What failed for certain (most calls before it had, and the next ones were held back) had no effect.
  const fits = isTold ? effects === 1 : effects <= 1;
  const holds = fits && (isTold || state === 'unknown' || state === 'running' || (state === 'failed' && effects === 0));
  if (!holds)
    console.log(`FAILS  SEED=${seed} ${name}, run ${number}, ${write.action}, ${fault}: ${state}, ${effects} effects`);
  return { holds, isTold, effects, fault };
}

const isUndisturbed = ({ fault }) => fault === 'none';

async function runsOf(name, index) {
  const dir = workspace('one-effect-doors');
  const random = seeded(seed + index);
  const door = await DOORS[name](dir, environmentOf(dir), {
    connections: options.connections,
    allowedPrivateHosts: options.allowedPrivateHosts,
  });
  const runs = [];
  for (let number = 1; number <= RUNS; number++) runs.push(await runOnce(door, name, random, number));
  await door.close();
  const of = (test) => runs.filter(test).length;
  const shown = `${of(({ isTold }) => isTold)} told, ${of(({ isTold }) => !isTold)} unknown; ${of(({ fault }) => fault.includes('lost'))} answers lost, ${of(({ fault }) => fault.includes('killed'))} kills`;
  const bad = of(({ holds }) => !holds);
  // A door that tells nothing would double nothing either.
  const [quiet, toldQuiet] = [of(isUndisturbed), of((run) => isUndisturbed(run) && run.isTold)];
  return [
    bad === 0 && toldQuiet * 2 >= quiet,
    `${name}: ${RUNS} runs, ${shown}; ${bad} with another number of effects than one or an unknown one; undisturbed ${toldQuiet} of ${quiet} told`,
  ];
}

const statements = [];
for (const [index, name] of Object.keys(DOORS).entries()) {
  const statement = await runsOf(name, index);
  console.log(statement[1]);
  statements.push(statement);
}
conclude(statements);
