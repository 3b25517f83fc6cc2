/** Texts as an audit record may hold them: without secrets, storable as UTF-8. @module */
import { wellFormed } from '../core/canonical.js';
import { redactText } from '../core/redact.js';
import type { SecretSet } from '../core/secret-set.js';

/** Short texts that were found clean, such as names of actions and connections, which are in nearly every record. */
interface Known {
  /** Of the secrets they were searched for. */
  version: number;
  clean: Set<string>;
  text: CleanText;
}

const KNOWN_MAX = 1_000;
const KNOWN_CHARACTERS_MAX = 100;
/** Ids that Fairlead made, see `core/ids.ts`: nothing is in them that anybody chose. */
const OWN_ID = /^(?:call|aud|evt|con|src|apr)_[0-9a-hjkmnp-tv-z]{26}$/;
const OWN_ID_CHARACTERS_MIN = 30;

const knownTo = new WeakMap<object, Known>();
const NO_SECRETS = {};

/** A text as it may be written down; what is absent stays absent. */
export type CleanText = <Text extends string | undefined>(text: Text) => Text;

/** @param secrets all that this process has handed out */
export function cleaner(secrets: SecretSet | undefined): CleanText {
  const version = secrets?.version ?? 0;
  let known = knownTo.get(secrets ?? NO_SECRETS);
  if (known === undefined || known.version !== version || known.clean.size >= KNOWN_MAX) {
    const clean = new Set<string>();
    known = { version, clean, text: cleanText(secrets, clean) };
    knownTo.set(secrets ?? NO_SECRETS, known);
  }
  return known.text;
}

function cleanText(secrets: SecretSet | undefined, clean: Set<string>): CleanText {
  return ((text: string | undefined): string | undefined => {
    if (text === undefined) return text;
    // An id is new each time: it is known by its form, without a look among the others.
    if (text.length >= OWN_ID_CHARACTERS_MIN && OWN_ID.test(text)) return text;
    if (clean.has(text)) return text;
    const shown = wellFormed(redactText(text, secrets));
    if (shown === text && text.length <= KNOWN_CHARACTERS_MAX) clean.add(text);
    return shown;
  }) as CleanText;
}
