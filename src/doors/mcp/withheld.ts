/** Operations that no tool and no search shows to an agent, each with its reason. @module */
import type { Operation } from '../../operations/index.js';

/** A decision about what a person has seen elsewhere is a person's. */
const DECIDED_BY_PEOPLE = new Set(['calls.settle']);

/** Found by name and words beside the operations, by a tool made for that. */
const CATALOGUE_SEARCH = 'actions.search';

/** Why there is no tool for it, or `undefined` where there is one. */
export function withheldBecause(operation: Operation): string | undefined {
  if (operation.scope === 'admin') return 'agents do not change sources, secrets or connections';
  if (operation.scope === 'approve') return 'no tool approves';
  if (operation.cli.secretInput !== undefined) return 'no tool has a secret parameter';
  if (operation.streams !== undefined) return 'an export is a file, and no food for a model';
  if (operation.name === CATALOGUE_SEARCH) return 'the tool of this name searches operations, too';
  if (DECIDED_BY_PEOPLE.has(operation.name)) return 'a person has to look at the provider first';
  return undefined;
}
