/**
 * Names that resolve to what a test says.
 *
 * @module
 */
import { AppError } from '../core/errors.js';
import type { Dns } from '../core/ports.js';

/** The addresses of a name, or a function of how often it was asked before: a name that changes its mind. */
export type VirtualName = readonly string[] | ((asked: number) => readonly string[]);

export class VirtualDns implements Dns {
  readonly #names: Map<string, VirtualName>;
  readonly #asked = new Map<string, number>();

  constructor(names: Readonly<Record<string, VirtualName>> = {}) {
    this.#names = new Map(Object.entries(names));
  }

  set(host: string, name: VirtualName): void {
    this.#names.set(host, name);
  }

  /** How often a name was asked for. */
  asked(host: string): number {
    return this.#asked.get(host) ?? 0;
  }

  async resolve(host: string): Promise<string[]> {
    const before = this.asked(host);
    this.#asked.set(host, before + 1);
    const name = this.#names.get(host);
    if (name === undefined) throw new AppError('not_found', { what: 'address of', id: host });
    return [...(typeof name === 'function' ? name(before) : name)];
  }
}
