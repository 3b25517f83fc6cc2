/** One file that the agent kit adds something to. @module */
import type { JsonEdit } from './json-edit.js';
import type { Marks } from './text-block.js';

export type KitFile = {
  /** In the project, or in the home of the user where a client keeps one file for all projects. */
  root: 'project' | 'home';
  path: string;
} & (
  | { kind: 'json'; edits: readonly JsonEdit[] }
  | {
      kind: 'block';
      text: string;
      marks: Marks;
      /** What must not stand outside the block, because it would be there twice. */
      unless?: RegExp;
    }
  /** A file that is ours alone. */
  | { kind: 'whole'; text: string }
);

/** What the files are made from. */
export interface KitFacts {
  /** How the program is started: `fairlead`, or a runner and its arguments. */
  command: readonly [string, ...string[]];
  /** Absolute; for clients that start servers anywhere. */
  project: string;
  dataDir: string;
  /** Over HTTP with a key from the environment, instead of stdio without one. */
  url?: string;
  platform: string;
  tools: readonly { name: string; reads: boolean }[];
}
