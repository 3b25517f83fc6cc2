/** What a `fairlead.config.ts` is written with. @module */
import type { UserConfig } from './config.js';
import type { Actions } from './connectors/actions.generated.js';
import type { Forward, HandlerContext, HandlerDefinition, HandlerEvent, HandlerOptions } from './jobs/index.js';

/** A handler's function, with the actions of every built-in connector typed. */
export type TypedHandler = (event: HandlerEvent, context: HandlerContext<Actions>) => unknown;

/** Checks nothing at run time; gives a configuration file its types. */
export function defineConfig(config: UserConfig): UserConfig {
  return config;
}

/**
 * Declares what runs for an event.
 *
 * @param type an exact type, a family such as `invoice.*`, or `*` for everything of the provider.
 * @example
 *   on('stripe', 'checkout.session.completed', { uses: ['slack.sendMessage'] }, async (event, ctx) => {
 *     await ctx.actions.slack.sendMessage({ text: `Paid: ${event.key}` });
 *   })
 */
export function on(provider: string, type: string, run: TypedHandler | Forward): HandlerDefinition;
export function on(
  provider: string,
  type: string,
  options: HandlerOptions,
  run: TypedHandler | Forward,
): HandlerDefinition;
export function on(
  provider: string,
  type: string,
  ...rest: [TypedHandler | Forward] | [HandlerOptions, TypedHandler | Forward]
): HandlerDefinition {
  const [options, run] = rest.length === 1 ? [{}, rest[0]] : rest;
  return { provider, type, options, run: run as HandlerDefinition['run'] };
}

/**
 * Sends events on to an address of yours, byte for byte, signed by Standard Webhooks, with the retries of a job.
 *
 * @param secret reference to the signing secret, e.g. `env:FORWARD_SECRET`
 */
export function forward(url: string, options: { secret: string }): Forward {
  return { forwardTo: url, secret: options.secret };
}
