/** The ready-made flows. They do only what anybody can do through the table of operations. @module */
import { releaseNotes, type ReleaseNotes, type ReleaseNotesInput } from './release-notes.js';
import type { RunOperation } from './steps.js';

export type { ReleaseNotes, ReleaseNotesInput } from './release-notes.js';
export type { RunOperation, RunOptions, Step, WorkflowState } from './steps.js';

export interface Workflows {
  /** What was committed since the last release, drafted, and with `post` told to a channel, once. */
  releaseNotes(input: ReleaseNotesInput): Promise<ReleaseNotes>;
}

/** The flows in the name of whoever `run` runs operations for. */
export function workflowsOn(run: RunOperation): Workflows {
  return {
    releaseNotes: (input) => releaseNotes(run, input),
  };
}
