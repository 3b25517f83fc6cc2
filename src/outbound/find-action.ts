/** Finds an action by the name people use for it. @module */
import type { ActionDefinition, ConnectorDefinition } from '../core/connector.js';
import { AppError } from '../core/errors.js';
import type { BodyStream } from '../core/ports.js';
import type { AnswerSink } from '../core/raw-request.js';

export interface FoundAction {
  /** `provider.action`. */
  name: string;
  connector: ConnectorDefinition;
  action: ActionDefinition;
  /** Of a raw request: the actions that do the same, and why it is never passed on. */
  raw?: { twins: readonly string[]; refused?: string; stream?: BodyStream; sink?: AnswerSink };
}

const NAME_CHARACTERS_MAX = 100;

/**
 * @param name `provider.action`, e.g. `slack.sendMessage`.
 * @throws AppError `not_found`
 */
export function findAction(connectors: readonly ConnectorDefinition[], name: string): FoundAction {
  let known = found.get(connectors);
  if (known === undefined) found.set(connectors, (known = new Map()));
  let one = known.get(name);
  if (one === undefined) known.set(name, (one = find(connectors, name)));
  return one;
}

/** Connectors stay as they are; there are as many entries as actions, since what is not found is not kept. */
const found = new WeakMap<readonly ConnectorDefinition[], Map<string, FoundAction>>();

function find(connectors: readonly ConnectorDefinition[], name: string): FoundAction {
  const dot = name.indexOf('.');
  const connector = connectors.find(({ provider }) => provider === name.slice(0, Math.max(dot, 0)));
  const word = name.slice(dot + 1);
  // A name such as `slack.constructor` must not find what every object has.
  if (connector === undefined || !Object.hasOwn(connector.actions, word)) {
    throw new AppError('not_found', { what: 'action', id: name.slice(0, NAME_CHARACTERS_MAX) });
  }
  return { name, connector, action: connector.actions[word] as unknown as ActionDefinition };
}

/** Every action there is, as `provider.action`, sorted. */
export function actionNames(connectors: readonly ConnectorDefinition[]): string[] {
  return connectors
    .flatMap(({ provider, actions }) => Object.keys(actions).map((word) => `${provider}.${word}`))
    .sort();
}
