/** A ticket, wherever the team keeps its tickets. @module */
import { AppError } from '../core/errors.js';
import { failureOf, isOver, write, type RunOperation, type RunOptions } from './steps.js';

export interface TicketInput {
  /** `owner/name`: an issue of GitHub. */
  repository?: string;
  /** Name, key or id of a team of Linear. One of the two. */
  team?: string;
  title: string;
  text?: string;
}

export interface Ticket {
  /** `#12`, or `ENG-12`. */
  name: string;
  url: string;
  callId: string;
}

/** @throws AppError `invalid_argument`, and what the call came to where it made none */
export async function createTicket(
  run: RunOperation,
  { repository, team, title, text }: TicketInput,
  options: RunOptions & { idempotencyKey: string },
): Promise<Ticket> {
  if ((repository === undefined) === (team === undefined))
    throw new AppError('invalid_argument', { argument: 'repository', problem: 'give a repository or a team' });
  const step =
    repository === undefined
      ? await write(
          run,
          'linear.createIssue',
          { team, title, ...(text !== undefined && { description: text }) },
          options,
        )
      : await write(
          run,
          'github.createIssue',
          { repository, title, ...(text !== undefined && { body: text }) },
          options,
        );
  if (!isOver(step)) throw failureOf(step.action, step);
  const made = step.output as { number?: number; identifier?: string; url: string };
  return { name: made.identifier ?? `#${made.number}`, url: made.url, callId: step.callId };
}
