/** What can be asked of a provider, as it is searched and shown: from our connectors, or from a description given to us. @module */
import type { Effect } from './operation.js';

export interface SpecField {
  name: string;
  kind: string;
  required: boolean;
  description?: string;
}

export interface SpecEntry {
  provider: string;
  /** `slack.sendMessage` of an action; the operation's id, or `POST /path`, of a description. */
  name: string;
  summary: string;
  /** `POST /path`; of an action that calls no single endpoint, absent. */
  endpoint?: string;
  /** Only of actions. */
  effect?: Effect;
  fields: readonly SpecField[];
  /** Further words, lower case, that a search may meet: of nested fields, permissions, comments, tags. */
  words: string;
}
