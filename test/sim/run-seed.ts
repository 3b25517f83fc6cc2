/**
 * One seed: clients deliver (also twice, forged, late), the process crashes, the network fails, the disk refuses; then
 * the faults stop, time runs on, and the promises of the design are checked as invariants.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { EventSummary } from '../../src/core/event.js';
import { SCOPES } from '../../src/core/principal.js';
import { operationNamed, runOperation } from '../../src/operations/index.js';
import { caller, hungWorker } from './callers.js';
import { unlessGone } from './unless-gone.js';
import { createWorld, githubHeaders, orderOf, SCOPE, SECRET, type Moment, type World } from './world.js';

export interface SeedResult {
  seed: number;
  violations: string[];
  /** SHA-256 of the transcript: two runs of one seed must agree byte for byte. */
  hash: string;
  transcript: string[];
  virtualMs: number;
  crashes: number;
  sent: number;
}

const DELIVERIES = 12;
const CALLERS = 4;
const CLIENT_TRIES = 40;
const FAULTY_MS = 60_000;
/** Longer than all backoffs of a job together. */
const CALM_MS_MAX = 12 * 3_600_000;
const CALM_STEP_MS = 30_000;
/** Half of the crashes come at any moment. */
const CRASH_MOMENTS: (Moment | undefined)[] = [
  'commit',
  'answer',
  'effect',
  'effect',
  undefined,
  undefined,
  undefined,
  undefined,
];
/** Sleep hurts most while something waits to be sent again. */
const SLEEP_MOMENTS: (Moment | undefined)[] = ['refusal', 'refusal', 'effect', undefined];
const NTH_MAX = 6;
const MOMENT_WAIT_MS = 5_000;

interface Ledger {
  acknowledged: Set<string>;
  genuine: Set<string>;
  forged: Set<string>;
  /** Keys of calls, and whether somebody was told that they took place. */
  calls: Map<string, boolean>;
}

export async function runSeed(seed: number): Promise<SeedResult> {
  const world = createWorld(seed);
  const ledger: Ledger = { acknowledged: new Set(), genuine: new Set(), forged: new Set(), calls: new Map() };
  let crashes = 0;
  await world.clock.runUntil(world.start());
  world.targets.faults = { lostBefore: 0.08, lostAfter: 0.08, unavailable: 0.08, slowDown: 0.05 };

  const clients = Array.from({ length: DELIVERIES }, (_, index) => client(world, ledger, `d${seed}-${index}`));
  const callers = Array.from({ length: CALLERS }, async (_, index) => {
    const key = `c${seed}-${index}`;
    ledger.calls.set(key, await caller(world, key));
  });
  const monkey = (async () => {
    const endMs = world.clock.monotonicMs() + FAULTY_MS;
    while (world.clock.monotonicMs() < endMs) {
      await world.clock.sleep(500 + Math.floor(world.random.float() * 9_000));
      const draw = world.random.float();
      if (draw < 0.25) await suspend(world);
      else if (draw < 0.85) {
        await crash(world);
        crashes += 1;
        await world.clock.sleep(Math.floor(world.random.float() * 3_000));
        await world.start();
      }
    }
    world.targets.faults = { lostBefore: 0, lostAfter: 0, unavailable: 0, slowDown: 0 };
    world.note('calm');
  })();
  await world.clock.runUntil(Promise.all([...clients, ...callers, hungWorker(world), monkey]));
  await world.clock.runUntil(settled(world));
  for (let rounds = 0; rounds < DELIVERIES * 2 && (await world.clock.runUntil(decideUnknown(world))) > 0; rounds++) {
    await world.clock.runUntil(settled(world));
  }

  const violations = await check(world, ledger);
  await world.clock.runUntil(world.up!.drain());
  const transcript = world.transcript;
  return {
    seed,
    violations,
    transcript,
    hash: createHash('sha256').update(transcript.join('\n')).digest('hex'),
    virtualMs: world.clock.nowMs(),
    crashes,
    sent: world.targets.sent,
  };
}

/** At any moment, or at one of those that matter. */
async function crash(world: World): Promise<void> {
  const moment = CRASH_MOMENTS[Math.floor(world.random.float() * CRASH_MOMENTS.length)];
  await atMoment(world, moment, 1 + Math.floor(world.random.float() * NTH_MAX), () => world.crash());
}

/** When the moment has come, or has not come for a while, or at once when there is none to wait for. */
async function atMoment(world: World, moment: Moment | undefined, nth: number, act: () => void): Promise<void> {
  let isDone = false;
  const once = (): void => {
    if (isDone) return;
    isDone = true;
    act();
  };
  if (moment !== undefined) world.at(moment, nth, once);
  for (let waitedMs = 0; moment !== undefined && waitedMs < MOMENT_WAIT_MS && !isDone; waitedMs += 20) {
    await world.clock.sleep(20);
  }
  once();
}

/** The machine sleeps with the lid closed: the wall clock goes on, leases run out, and then all goes on as if nothing were. */
async function suspend(world: World): Promise<void> {
  const moment = SLEEP_MOMENTS[Math.floor(world.random.float() * SLEEP_MOMENTS.length)];
  const sleptMs = 10_000 + Math.floor(world.random.float() * 200_000);
  await atMoment(world, moment, 1 + Math.floor(world.random.float() * 2), () => {
    world.note(`suspended for ${sleptMs}`);
    world.clock.jumpWall(sleptMs);
  });
}

/** Without faults, until every job has ended one way or another. */
async function settled(world: World): Promise<void> {
  for (let waitedMs = 0; waitedMs < CALM_MS_MAX; waitedMs += CALM_STEP_MS) {
    await world.clock.sleep(CALM_STEP_MS);
    const queues = await world.store!.jobs.depth(SCOPE);
    if (queues.every(({ counts }) => counts.ready === 0 && counts.running === 0)) return;
  }
}

/** A person looks at the chat and says of each call whose outcome nobody knows whether it took place. */
async function decideUnknown(world: World): Promise<number> {
  const { gateway } = world.up!;
  const { rows } = await gateway.store.calls.list(SCOPE, { state: 'unknown' }, { limit: 1_000 });
  const settle = operationNamed('calls.settle');
  const principal = { type: 'person' as const, id: 'ada', scopes: SCOPES, via: 'cli' as const };
  for (const call of rows) {
    const events = await gateway.store.events.list(SCOPE, {}, { limit: 1_000 });
    const event = events.rows.find(({ id }) => call.key.includes(id));
    const text = event?.key ?? call.key;
    const tookPlace = (world.targets.chat.effects.get(text) ?? 0) > 0;
    world.note(`decide ${text}: ${tookPlace ? 'took place' : 'did not'}`);
    await runOperation(
      gateway,
      settle,
      { scope: SCOPE, principal },
      { id: call.id, outcome: tookPlace ? 'took-place' : 'did-not' },
    );
  }
  return rows.length;
}

/** Delivers until it has a 2xx, as a provider does; sometimes again after that, sometimes a forgery first. */
async function client(world: World, ledger: Ledger, id: string): Promise<void> {
  const body = JSON.stringify({ action: 'opened', issue: { title: id } });
  const isForger = world.random.float() < 0.15;
  (isForger ? ledger.forged : ledger.genuine).add(id);
  await world.clock.sleep(Math.floor(world.random.float() * 30_000));
  if (world.random.float() < 0.3) await deliver(world, id, body, 'not the secret');
  if (isForger) return;
  for (let tries = 0; tries < CLIENT_TRIES; tries++) {
    const status = await deliver(world, id, body, SECRET);
    if (status >= 200 && status < 300) {
      ledger.acknowledged.add(id);
      if (world.random.float() < 0.6) return;
    }
    await world.clock.sleep(200 + Math.floor(world.random.float() * 5_000));
  }
}

/** The process may be gone by the time it would answer: then there is no answer. */
async function deliver(world: World, id: string, body: string, secret: string): Promise<number> {
  const fairlead = world.up;
  if (fairlead === undefined) return 0;
  const request = new Request('http://sim/in/github', {
    method: 'POST',
    headers: githubHeaders(id, body, secret),
    body,
  });
  const answer = await unlessGone(world, fairlead.door.fetch(request));
  const seen = answer?.status ?? 0;
  world.note(`deliver ${id}${secret === SECRET ? '' : ' forged'}: ${seen}`);
  return seen;
}

async function check(world: World, ledger: Ledger): Promise<string[]> {
  const violations: string[] = [];
  const store = world.store!;
  const page = await world.clock.runUntil(store.events.list(SCOPE, {}, { limit: 1_000 }));
  const events = new Map(page.rows.map((event) => [event.key, event]));
  const claim = (holds: boolean, text: string): void => {
    if (!holds) violations.push(text);
  };
  for (const id of ledger.acknowledged) claim(events.has(id), `${id} was acknowledged and is not there`);
  for (const id of ledger.forged) claim(!events.has(id), `${id} was forged and is there`);
  claim(page.rows.length === events.size, 'a delivery is there twice');
  const calls = await world.clock.runUntil(store.calls.list(SCOPE, {}, { limit: 1_000 }));
  for (const [id, event] of events) checkEffects(world, id, event, calls.rows, claim);
  for (const [key, order] of world.began) {
    const stored = page.rows
      .toReversed()
      .map((event) => event.key)
      .filter((id) => orderOf(id) === key && order.includes(id));
    claim(order.join() === stored.join(), `order key ${key}: handlers began ${order.join()}, stored ${stored.join()}`);
  }
  for (const [key, isTold] of ledger.calls) checkCall(world, key, isTold, calls.rows, claim);
  await checkAudit(world, page.rows, claim);
  return [...violations, ...world.witness.violations];
}

type Claim = (holds: boolean, text: string) => void;

function checkEffects(
  world: World,
  id: string,
  event: EventSummary,
  calls: { key: string; operation: string; state: string }[],
  claim: Claim,
): void {
  const of = (operation: string) => calls.find((call) => call.operation === operation && call.key.includes(event.id));
  const posted = world.targets.chat.effects.get(id) ?? 0;
  const recorded = world.targets.tool.effects.get(id) ?? 0;
  const chatCall = of('slack.sendMessage');
  claim(recorded <= 1, `${id}: the tool's effect took place ${recorded} times`);
  claim(posted <= 1, `${id}: the chat's effect took place ${posted} times`);
  claim(
    event.jobs.every((job) => job.attempts <= 12),
    `${id}: more attempts than allowed`,
  );
  const [job] = event.jobs;
  claim(job !== undefined, `${id}: no job`);
  if (job?.state === 'completed') {
    claim(recorded === 1, `${id}: completed, and the tool has ${recorded} effects`);
    claim(posted === 1, `${id}: completed, and the chat has ${posted} effects`);
  } else if (job?.state === 'parked')
    claim(chatCall?.state === 'unknown', `${id}: parked, but the call is ${chatCall?.state}`);
  else claim(job?.state === 'dead', `${id}: the job is ${job?.state} after all that time`);
  if (chatCall?.state === 'done') claim(posted === 1, `${id}: the call is done and the chat has ${posted} effects`);
}

/** A call that somebody makes under a key, again and at the same time. */
function checkCall(
  world: World,
  key: string,
  isTold: boolean,
  calls: { key: string; state: string }[],
  claim: Claim,
): void {
  const posted = world.targets.chat.effects.get(key) ?? 0;
  const states = calls.filter((call) => call.key === key).map(({ state }) => state);
  claim(posted <= 1, `${key}: the chat's effect took place ${posted} times`);
  if (isTold || states.includes('done')) claim(posted === 1, `${key}: it is done and the chat has ${posted} effects`);
  else if (states.every((state) => state === 'failed')) claim(posted === 0, `${key}: it failed and took effect`);
}

/** Every receipt and every effect is in the sequenced tree, and the tree is what its checkpoints say. */
async function checkAudit(world: World, events: EventSummary[], claim: Claim): Promise<void> {
  const gateway = world.up!.gateway;
  await world.clock.runUntil(gateway.sequenceAudit());
  const { size, checkpoint } = await world.clock.runUntil(gateway.store.system.auditTree('sandbox'));
  claim(checkpoint?.size === size, `the checkpoint covers ${checkpoint?.size} of ${size} entries`);
  const rows = await world.clock.runUntil(gateway.store.system.auditRows('sandbox', 0, size));
  const receipts = rows.filter((row) => row.receipt !== undefined).map((row) => row.receipt!.eventId);
  claim(receipts.length === events.length, `${receipts.length} receipts for ${events.length} events`);
  const records = rows.flatMap((row) =>
    row.record === undefined ? [] : [JSON.parse(row.record) as { action: string; status: string; callId?: string }],
  );
  const done = records.filter((record) => record.action === 'slack.sendMessage' && record.status === 'succeeded');
  const begun = new Set(records.filter((record) => record.status === 'started').map((record) => record.callId));
  for (const record of done) claim(begun.has(record.callId), `an outcome without its intent: ${record.callId}`);
  const effects = [...world.targets.chat.effects.values()].reduce((sum, count) => sum + count, 0);
  const intents = records.filter((record) => record.action === 'slack.sendMessage' && record.status === 'started');
  claim(effects <= intents.length, `${effects} effects in the chat, ${intents.length} intents in the log`);
}
