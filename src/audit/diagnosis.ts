/**
 * Finds out what happened between two checkpoints of which only the first still holds: which entry, and in what way.
 *
 * The evidence is the hashes that were stored beside the entries: the leaf column, and the tiles. Hashes that lead
 * from the good checkpoint to the root of the bad one are beyond doubt, and then every finding is exact. If neither
 * does, what is left is the range between the two checkpoints and, as a hint, the first entry its tile disagrees with.
 *
 * @module
 */
import type { Frontier } from '../core/frontier.js';
import { sameHash } from '../core/merkle.js';
import type { Environment } from '../core/scope.js';
import type { SystemVerbs } from '../core/store.js';
import type { TileBuilder } from '../core/tiles.js';
import { tileHashes, TILE_WIDTH } from '../core/tiles.js';
import { computedLeaf } from './line.js';
import type { AuditProblem, AuditProblemKind } from './problem.js';

export type DiagnosisVerbs = Pick<SystemVerbs, 'auditRows' | 'auditTiles'>;

/** The stretch between a checkpoint that holds (`edge` stands there) and one that does not. */
export interface BadStretch {
  environment: Environment;
  edge: { frontier: Frontier; tiles: TileBuilder };
  to: number;
  root: Uint8Array;
}

export interface Diagnosis {
  problems: AuditProblem[];
  /** Where the true tree stands at the end of the stretch, if that is known, so that checking can go on. */
  edge?: { frontier: Frontier; tiles: TileBuilder };
}

const PAGE_ROWS = 2_048;
/** Differences that are looked at one by one. */
const DIFFERENCES_MAX = 1_024;

/** What stands at an index: the hash of the record, and the hash stored beside it. */
interface Found {
  computed: Uint8Array;
  stored: Uint8Array;
}

/** The same index twice: what is there and what should be. */
interface Difference {
  index: number;
  got: string | undefined;
  expected: string | undefined;
}

interface Comparison {
  /** In order, the first so many. */
  differences: Difference[];
  /** Indices that two entries claim. */
  doubled: number[];
  /** The last index of the stretch where an entry stands. */
  lastPresent: number;
}

/** Reads hashes by index; `undefined` where there is none. */
type Reference = (page: Page) => (Uint8Array | undefined)[];

interface Page {
  from: number;
  to: number;
  found: (Found | undefined)[];
  tiled: (Uint8Array | undefined)[];
  doubled: number[];
}

const LEAF_COLUMN: Reference = ({ found }) => found.map((one) => one?.stored);
/** Tiles, and the leaf column for the last, unfinished one. */
const TILES: Reference = ({ found, tiled }) => tiled.map((hash, i) => hash ?? found[i]?.stored);

export async function diagnose(store: DiagnosisVerbs, stretch: BadStretch): Promise<Diagnosis> {
  for (const reference of [LEAF_COLUMN, TILES]) {
    const edge = await walk(store, stretch, reference);
    if (edge === undefined) continue;
    const { problems, moved } = classify(await compare(store, stretch, reference), stretch, true);
    return moved ? { problems } : { problems, edge };
  }
  const { problems } = classify(await compare(store, stretch, TILES), stretch, false);
  return { problems: [problems[0] ?? rewritten(stretch)] };
}

/** The edge at the end of the stretch by these hashes, if they lead to the root of the checkpoint. */
async function walk(store: DiagnosisVerbs, stretch: BadStretch, reference: Reference): Promise<Diagnosis['edge']> {
  const frontier = stretch.edge.frontier.copy();
  const tiles = stretch.edge.tiles.copy();
  for await (const page of pages(store, stretch, stretch.to)) {
    for (const hash of reference(page)) {
      if (hash === undefined) return undefined;
      tiles.append(frontier, hash);
    }
    tiles.take();
  }
  return sameHash(frontier.root(), stretch.root) ? { frontier, tiles } : undefined;
}

/** Where records and reference differ. One index beyond the stretch is read, to see entries that moved. */
async function compare(store: DiagnosisVerbs, stretch: BadStretch, reference: Reference): Promise<Comparison> {
  const comparison: Comparison = { differences: [], doubled: [], lastPresent: -1 };
  for await (const page of pages(store, stretch, stretch.to + 1)) {
    const expected = reference(page);
    comparison.doubled.push(...page.doubled);
    page.found.forEach((found, i) => {
      const index = page.from + i;
      if (found !== undefined) comparison.lastPresent = index;
      const [got, wanted] = [hex(found?.computed), hex(expected[i])];
      const differs = got !== wanted || (got === undefined && index < stretch.to);
      if (differs && comparison.differences.length < DIFFERENCES_MAX) {
        comparison.differences.push({ index, got, expected: wanted });
      }
    });
  }
  return comparison;
}

/** After entries moved up or down nothing stands in its place any more, and what follows would only repeat that. */
function classify(
  comparison: Comparison,
  stretch: BadStretch,
  exact: boolean,
): { problems: AuditProblem[]; moved: boolean } {
  const { differences, doubled, lastPresent } = comparison;
  const at = new Map(differences.map((one) => [one.index, one]));
  const problems: AuditProblem[] = doubled.map((index) => ({
    kind: 'inserted',
    index,
    within: { from: index, to: index + 1 },
    says: 'two entries claim this place',
  }));
  const explained = new Set(doubled);
  for (const difference of differences) {
    const { index, got, expected } = difference;
    if (index >= stretch.to) break;
    if (explained.has(index)) continue;
    const within = exact ? { from: index, to: index + 1 } : { from: stretch.edge.frontier.size, to: stretch.to };
    const { moved, ...finding } = judge(difference, at, lastPresent, stretch.to);
    problems.push({ index, within, got, expected, ...finding });
    if (finding.with !== undefined) explained.add(finding.with);
    if (moved) return { problems, moved };
  }
  return { problems, moved: false };
}

interface Finding {
  kind: AuditProblemKind;
  says: string;
  with?: number;
  /** What follows stands in other places than before, or nowhere. */
  moved: boolean;
}

function judge(
  { index, got, expected }: Difference,
  at: ReadonlyMap<number, Difference>,
  lastPresent: number,
  end: number,
): Finding {
  if (got === undefined && index > lastPresent) {
    return {
      kind: 'truncated',
      moved: true,
      says: `the log ends here, ${end - index} entries before the checkpoint does`,
    };
  }
  if (got === undefined) return { kind: 'missing', moved: false, says: 'it is not there any more' };
  for (const other of at.values()) {
    if (other.got !== expected || other.expected !== got || expected === undefined) continue;
    return { kind: 'swapped', moved: false, with: other.index, says: `it changed places with entry ${other.index}` };
  }
  const next = at.get(index + 1);
  if (next !== undefined && got === next.expected) {
    return { kind: 'missing', moved: true, says: 'it was taken out, and what follows moved up' };
  }
  if (next !== undefined && next.got === expected) {
    return { kind: 'inserted', moved: true, says: 'it was put in, and what follows moved down' };
  }
  return { kind: 'changed', moved: false, says: 'its record is not the one that was written' };
}

function rewritten({ edge, to }: BadStretch): AuditProblem {
  const from = edge.frontier.size;
  const says = `entries ${from} to ${to - 1} fit together, but they are not the ones the checkpoint over ${to} covers`;
  return { kind: 'rewritten', index: from, within: { from, to }, says };
}

async function* pages(store: DiagnosisVerbs, stretch: BadStretch, end: number): AsyncGenerator<Page> {
  const { environment, edge } = stretch;
  for (let from = edge.frontier.size; from < end;) {
    const to = Math.min(end, (Math.floor(from / PAGE_ROWS) + 1) * PAGE_ROWS);
    const rows = await store.auditRows(environment, from, to);
    const firstTile = Math.floor(from / TILE_WIDTH);
    const tiles = await store.auditTiles(environment, 0, firstTile, Math.ceil(to / TILE_WIDTH));
    const page: Page = { from, to, found: empty(to - from), tiled: empty(to - from), doubled: [] };
    for (const row of rows) {
      if (page.found[row.index! - from] !== undefined) page.doubled.push(row.index!);
      page.found[row.index! - from] = { computed: computedLeaf(row), stored: row.leaf };
    }
    for (const tile of tiles) {
      tileHashes(tile).forEach((hash, i) => {
        const index = tile.index * TILE_WIDTH + i;
        if (index >= from && index < to) page.tiled[index - from] = hash;
      });
    }
    yield page;
    from = to;
  }
}

function empty<T>(length: number): (T | undefined)[] {
  return Array.from({ length }, () => undefined);
}

function hex(hash: Uint8Array | undefined): string | undefined {
  return hash === undefined ? undefined : Buffer.from(hash).toString('hex');
}
