/** The actions of a connector as entries of the search; what stands in its definition, and nothing by hand. @module */
import type { ConnectorDefinition } from '../core/connector.js';
import type { SpecEntry, SpecField } from '../core/spec.js';
import { publicActions } from './actions.js';
import { present } from './fields.js';
import { jsonSchemaOf, schemaFields, type JsonSchema } from './input-fields.js';

const DEPTH_MAX = 6;
const WORDS_MAX = 2_000;

/** @param commentsOf words that stand beside an action in its source, where there is one to read */
export function specEntriesOf(
  connector: ConnectorDefinition,
  commentsOf: (action: string) => string = () => '',
): SpecEntry[] {
  return publicActions(connector).map(([word, action]) => {
    const input = jsonSchemaOf(action.input, 'input');
    const words = [
      ...(action.permissions ?? []),
      commentsOf(word),
      ...nestedWords(input),
      ...Object.keys(jsonSchemaOf(action.output, 'output').properties ?? {}),
    ];
    return {
      provider: connector.provider,
      name: `${connector.provider}.${word}`,
      summary: action.summary,
      effect: action.effect,
      ...present({ endpoint: action.endpoint }),
      fields: schemaFields(input).map(({ name, kind, required, description }): SpecField => ({
        name,
        kind,
        required,
        ...present({ description }),
      })),
      words: distinctWords(words.join(' ')),
    };
  });
}

/** Each word once, lower case, up to a length. */
export function distinctWords(text: string): string {
  const words = text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu);
  return [...new Set(words)].join(' ').slice(0, WORDS_MAX);
}

/** Names and descriptions below the first level. */
function nestedWords(schema: JsonSchema, depth = 0): string[] {
  if (depth > DEPTH_MAX) return [];
  const own = depth < 2 ? [] : [schema.description ?? ''];
  const parts = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.items ? [schema.items] : []),
    ...(schema.anyOf ?? []),
  ];
  const names = depth === 0 ? [] : Object.keys(schema.properties ?? {});
  return [...own, ...names, ...parts.flatMap((part) => nestedWords(part, depth + 1))];
}
