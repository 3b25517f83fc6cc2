/** What the simulated Resend keeps. @module */
import type { Random } from '../../core/ports.js';

export interface ResendEmail {
  id: string;
  /** As it was sent, in Resend's names. */
  sent: Readonly<Record<string, unknown>>;
  to: readonly string[];
  createdAtMs: number;
  lastEvent: string;
}

export interface ResendState {
  /** Oldest first. */
  emails: Map<string, ResendEmail>;
  domains: { id: string; name: string; isVerified: boolean }[];
}

export function begin(): ResendState {
  return {
    emails: new Map(),
    domains: [
      { id: 'd91cd9bd-1176-453e-8fc1-35364d380206', name: 'example.com', isVerified: true },
      { id: 'b7cd8a24-0f1c-4f4a-9a0e-1a55f3a3c1f5', name: 'unverified.example', isVerified: false },
    ],
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

/** As Resend writes a time in answers. */
export function timeText(atMs: number): string {
  return `${new Date(atMs).toISOString().replace('T', ' ').replace('Z', '')}+00`;
}
