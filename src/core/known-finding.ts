/** What a check before going live has found, and what of it somebody has looked at and left, with a reason. @module */

/** As `fairlead.config.ts` lists it under `goLive.known`. */
export interface KnownFinding {
  /** The line of the report, e.g. `secrets in files`. */
  check: string;
  /** What it found there: a file, a commit, a name or an id, as it is told. */
  finding: string;
  reason: string;
}

/** The lines that have findings one by one. The others hold or do not. */
export const CHECKS_WITH_FINDINGS = ['rotation and owner', 'sources', 'secrets in files', 'git', 'CI'] as const;

export type CheckWithFindings = (typeof CHECKS_WITH_FINDINGS)[number];

export interface Finding {
  finding: string;
  /** Default: the finding itself. */
  says?: string;
}

/**
 * Passes when nothing is found that is not known. What is known is counted and told every time, so that it is not
 * forgotten.
 *
 * @param none what is said when there is nothing at all
 * @param open what is said of what is not known
 */
export function weigh(
  name: CheckWithFindings,
  findings: readonly Finding[],
  known: readonly KnownFinding[],
  { none, open }: { none: string; open: (items: readonly string[]) => string },
): { name: string; ok: boolean; says: string } {
  const unknown: string[] = [];
  const told: string[] = [];
  for (const { finding, says = finding } of findings) {
    const entry = known.find((one) => one.check === name && one.finding === finding);
    if (entry === undefined) unknown.push(says);
    else told.push(`${finding} (${entry.reason})`);
  }
  const ok = unknown.length === 0;
  const first = ok ? (told.length === 0 ? none : 'nothing else') : open(unknown);
  return { name, ok, says: told.length === 0 ? first : `${first}; ${told.length} known: ${told.join(', ')}` };
}
