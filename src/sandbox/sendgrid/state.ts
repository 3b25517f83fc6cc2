/** What the simulated SendGrid keeps. @module */
import type { Random } from '../../core/ports.js';

/** One message to its recipients: a personalization that was taken. */
export interface SentMessage {
  /** Of the request; several messages share it. */
  messageId: string;
  to: readonly string[];
  from: string;
  subject: string;
  customArgs: Readonly<Record<string, string>>;
  categories: readonly string[];
  status: 'processed' | 'delivered' | 'not_delivered';
  atMs: number;
}

export interface Contact {
  /** As it was sent, in SendGrid's names. */
  fields: Readonly<Record<string, unknown>>;
  listIds: ReadonlySet<string>;
}

export interface ImportJob {
  id: string;
  contacts: readonly Readonly<Record<string, unknown>>[];
  listIds: readonly string[];
  startedAtMs: number;
  /** When the contacts are there. */
  readyAtMs: number;
  counts?: { created: number; updated: number; errored: number };
}

export interface Suppressed {
  kind: 'bounces' | 'spam_reports' | 'unsubscribes';
  email: string;
  reason: string;
  atMs: number;
}

/** Metrics by day and category; the empty category is all mail. */
export type Statistics = Map<string, Record<string, number>>;

export interface SendgridState {
  messages: SentMessage[];
  lists: Map<string, { id: string; name: string }>;
  /** By address. */
  contacts: Map<string, Contact>;
  jobs: Map<string, ImportJob>;
  /** Those that are not applied yet, in order. */
  waitingJobs: ImportJob[];
  suppressed: Suppressed[];
  statistics: Statistics;
  /** How many requests there were to begin an import, whatever their outcome. */
  importStartsAtMs: number[];
}

export function begin(): SendgridState {
  return {
    messages: [],
    lists: new Map(),
    contacts: new Map(),
    jobs: new Map(),
    waitingJobs: [],
    suppressed: [],
    statistics: new Map(),
    importStartsAtMs: [],
  };
}

/** A random UUID, version 4. */
export function newUuid(random: Random): string {
  const bytes = Buffer.from(random.bytes(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
