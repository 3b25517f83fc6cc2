/** How far a long command is, on stderr: a bar that is drawn over at a terminal, a line for each tenth elsewhere. @module */
import type { OutputStream } from './world.js';

const BAR_MAX = 40;
const TENTHS = 10;

export class Progress {
  #shown = -1;

  constructor(
    private readonly stream: Pick<OutputStream, 'isTty' | 'columns' | 'write'>,
    private readonly total: number,
    done = 0,
  ) {
    this.at(done);
  }

  at(done: number): void {
    const share = this.total === 0 ? 1 : done / this.total;
    const step = Math.floor(share * (this.stream.isTty ? 1_000 : TENTHS));
    if (step === this.#shown) return;
    this.#shown = step;
    const facts = `${done}/${this.total} ${Math.floor(share * 100)} %`;
    if (!this.stream.isTty) return this.stream.write(`${facts}\n`);
    const width = Math.max(0, Math.min(BAR_MAX, this.stream.columns - facts.length - 4));
    const full = Math.round(share * width);
    this.stream.write(`\r[${'#'.repeat(full)}${' '.repeat(width - full)}] ${facts}`);
  }

  /** The line is free again. */
  end(): void {
    if (this.stream.isTty) this.stream.write('\n');
  }
}
