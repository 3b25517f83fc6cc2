/**
 * Which operations a question means, the best first: BM25 over five fields of each (Robertson and Zaragoza, 2009, with a
 * weight a field), a word that means the same counting for a part.
 *
 * @module
 */
import type { SpecEntry } from './spec.js';
import { relatedTo, stemsOf } from './spec-words.js';

const WEIGHT = { name: 4, summary: 3, endpoint: 2, fields: 1, words: 0.4 } as const;
/** How soon further mentions of a word count for nothing, and how much a long text counts against itself. */
const SATURATION = 1.2;
const LENGTH_SHARE = 0.5;
const RELATED_SHARE = 0.45;
const PREFIX_SHARE = 0.4;
const PREFIX_MIN = 4;
const QUESTION_WORDS_MAX = 40;

interface Indexed {
  entry: SpecEntry;
  /** How much each stem occurs, by weight. */
  counts: Map<string, number>;
  length: number;
}

export interface SpecMatch {
  entry: SpecEntry;
  score: number;
}

/** An index over some operations; to make one takes time with their text, to ask it does not. */
export class SpecRanking {
  readonly #all: readonly Indexed[];
  readonly #averageLength: number;
  readonly #occursIn = new Map<string, number>();

  constructor(entries: readonly SpecEntry[]) {
    this.#all = entries.map(indexed);
    this.#averageLength = this.#all.reduce((sum, { length }) => sum + length, 0) / Math.max(1, this.#all.length);
    for (const { counts } of this.#all)
      for (const stem of counts.keys()) this.#occursIn.set(stem, (this.#occursIn.get(stem) ?? 0) + 1);
  }

  /** Those that have anything of the question; equals in the order in which they were given. */
  search(question: string): SpecMatch[] {
    const stems = [...new Set(stemsOf(question))].slice(0, QUESTION_WORDS_MAX);
    return this.#all
      .map((one) => ({ entry: one.entry, score: stems.reduce((sum, stem) => sum + this.#scoreOf(stem, one), 0) }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score);
  }

  /** The word itself, or the best that stands in for it. */
  #scoreOf(stem: string, one: Indexed): number {
    let best = this.#termScore(stem, one);
    for (const other of relatedTo(stem)) best = Math.max(best, RELATED_SHARE * this.#termScore(other, one));
    if (best > 0 || stem.length < PREFIX_MIN) return best;
    for (const other of one.counts.keys())
      if (other.startsWith(stem)) best = Math.max(best, PREFIX_SHARE * this.#termScore(other, one));
    return best;
  }

  #termScore(stem: string, { counts, length }: Indexed): number {
    const count = counts.get(stem);
    if (count === undefined) return 0;
    const documents = this.#occursIn.get(stem)!;
    const rarity = Math.log(1 + (this.#all.length - documents + 0.5) / (documents + 0.5));
    const long = 1 - LENGTH_SHARE + (LENGTH_SHARE * length) / this.#averageLength;
    return (rarity * count * (SATURATION + 1)) / (count + SATURATION * long);
  }
}

function indexed(entry: SpecEntry): Indexed {
  const counts = new Map<string, number>();
  let length = 0;
  const take = (text: string, weight: number): void => {
    for (const stem of stemsOf(text)) {
      counts.set(stem, (counts.get(stem) ?? 0) + weight);
      length += weight;
    }
  };
  take(entry.name, WEIGHT.name);
  take(entry.summary, WEIGHT.summary);
  take(entry.endpoint ?? '', WEIGHT.endpoint);
  for (const { name, description = '' } of entry.fields) take(`${name} ${description}`, WEIGHT.fields);
  take(entry.words, WEIGHT.words);
  return { entry, counts, length };
}
