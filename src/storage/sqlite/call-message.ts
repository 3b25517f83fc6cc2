/**
 * The verbs of calls out in a message between threads: lists in place of objects, and their entries among those of the
 * group. Every write brings two of them.
 *
 * @module
 */
import type { NewAuditEntry } from '../../core/audit.js';
import type { CallSettlement, NewCall } from '../../core/call.js';
import type { Environment, Scope } from '../../core/scope.js';
import type { EntryPacker, EntryUnpacker } from './entry-message.js';
import type { VerbCall } from './verb-lanes.js';

type PackedAppend = ['append', tenant: string, environment: Environment, count: number];

type PackedBegin = [
  'begin',
  tenant: string,
  environment: Environment,
  id: string,
  key: string,
  operation: string,
  /** Its bytes as characters. */
  inputHash: string,
  sending: boolean,
  leaseMs: number,
  keyTtlMs: number,
];

type PackedSettle = [
  'settle',
  tenant: string,
  environment: Environment,
  callId: string,
  fence: number,
  state: CallSettlement['state'],
  result: string,
  attempts: number,
  durationMs: number,
];

export type PackedCall = PackedAppend | PackedBegin | PackedSettle;

/** @param entries takes those of the call. @returns the call itself where it is none of these. */
export function packCall(call: VerbCall, entries: EntryPacker): VerbCall | PackedCall {
  switch (call.name) {
    case 'audit.append': {
      const [{ tenant, environment }, added] = call.args as [Scope, NewAuditEntry[]];
      for (const entry of added) entries.add(entry);
      return ['append', tenant, environment, added.length];
    }
    case 'calls.begin': {
      const [{ tenant, environment }, begun] = call.args as [Scope, NewCall];
      const { id, key, operation, inputHash, sending, leaseMs, keyTtlMs, entry } = begun;
      entries.add(entry);
      const characters = Buffer.from(inputHash.buffer, inputHash.byteOffset, inputHash.byteLength).toString('latin1');
      return ['begin', tenant, environment, id, key, operation, characters, sending, leaseMs, keyTtlMs];
    }
    case 'calls.settle': {
      const [{ tenant, environment }, settled] = call.args as [Scope, CallSettlement];
      const { callId, fence, state, result, attempts, durationMs, entry } = settled;
      entries.add(entry);
      return ['settle', tenant, environment, callId, fence, state, result, attempts, durationMs];
    }
    default:
      return call;
  }
}

export function unpackCall(packed: PackedCall, entries: EntryUnpacker): VerbCall {
  const scope: Scope = { tenant: packed[1], environment: packed[2] };
  switch (packed[0]) {
    case 'append':
      return { name: 'audit.append', args: [scope, Array.from({ length: packed[3] }, () => entries.next())] };
    case 'begin': {
      const [, , , id, key, operation, characters, sending, leaseMs, keyTtlMs] = packed;
      const inputHash = Buffer.from(characters, 'latin1');
      const begun: NewCall = { id, key, operation, inputHash, sending, leaseMs, keyTtlMs, entry: entries.next() };
      return { name: 'calls.begin', args: [scope, begun] };
    }
    case 'settle': {
      const [, , , callId, fence, state, result, attempts, durationMs] = packed;
      const settled: CallSettlement = { callId, fence, state, result, attempts, durationMs, entry: entries.next() };
      return { name: 'calls.settle', args: [scope, settled] };
    }
  }
}
