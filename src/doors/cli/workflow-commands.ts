/** The workflows as commands: triage, a change of plan, the record of a payment, the report of the audit log. @module */
import { AppError } from '../../core/errors.js';
import { parseJson } from '../../core/json.js';
import {
  AUDIT_FIELDS,
  workflowsOn,
  type AuditField,
  type PlanChange,
  type PlanChangeInput,
  type TriagePlan,
  type TriageSource,
  type Workflows,
} from '../../workflows/index.js';
import { readUserFile, type ParsedFlags } from './command-input.js';
import type { CommandContext } from './command-context.js';
import type { RunSpecial } from './special-command.js';
import { exitOfWorkflow, workflowRun } from './workflow-run.js';

const FILE_BYTES_MAX = 16 * 1024 * 1024;

const workflows = async (context: CommandContext): Promise<Workflows> => workflowsOn(await workflowRun(context));

const textOf = (flags: ParsedFlags, name: string): string | undefined =>
  typeof flags[name] === 'string' ? flags[name] : undefined;

function needed(flags: ParsedFlags, name: string): string {
  const text = textOf(flags, name);
  if (text === undefined) throw new AppError('invalid_argument', { argument: `--${name}`, problem: 'it is required' });
  return text;
}

async function jsonFile({ world }: CommandContext, path: string | undefined): Promise<unknown> {
  if (path === undefined) return undefined;
  const read = parseJson(await readUserFile(world, path, FILE_BYTES_MAX));
  if (!read.ok) throw new AppError('invalid_argument', { argument: path, problem: 'it is no JSON' });
  return read.value;
}

function sourceOf(flags: ParsedFlags): TriageSource {
  const csv = textOf(flags, 'csv');
  if (csv !== undefined) return { csv };
  return { sheet: needed(flags, 'sheet'), range: needed(flags, 'range') };
}

export const triagePlan: RunSpecial = async (context, _words, flags) => {
  const { rules, answers, keyColumn, connection } = flags as Record<string, string | undefined>;
  const plan = await (
    await workflows(context)
  ).triage.plan({
    source: sourceOf(flags),
    repository: needed(flags, 'repository'),
    ...(rules !== undefined && { rules: await jsonFile(context, rules) }),
    ...(answers !== undefined && { answers: await jsonFile(context, answers) }),
    ...(keyColumn !== undefined && { keyColumn }),
    ...(connection !== undefined && { connection }),
  });
  // What goes into a file is what `triage apply` reads.
  if (context.globals.output !== undefined) context.print.text(`${JSON.stringify(plan, undefined, 2)}\n`);
  else context.print.result(plan, { rows: 'rows', columns: ['place', 'key', 'category', 'by', 'outcome', 'title'] });
  context.print.note(`Opens ${plan.creates} of ${plan.rows.length}. Plan ${plan.hash}.`);
  return 0;
};

export const triageApply: RunSpecial = async (context, [path], flags) => {
  const plan = (await jsonFile(context, String(path))) as TriagePlan;
  const hash = textOf(flags, 'hash');
  if (hash !== undefined && hash !== plan?.hash)
    throw new AppError('verification_failed', { what: 'plan', problem: 'it is another one than was named' });
  const outcome = await (await workflows(context)).triage.apply({ plan, dryRun: context.globals.dryRun });
  context.print.result(outcome, { rows: 'steps', columns: ['key', 'state', 'callId'] });
  context.print.note(`Opened ${outcome.created}; ${outcome.skipped} had their issue.`);
  return exitOfWorkflow(outcome.state);
};

export const planPreview: RunSpecial = async (context, [subscription, price], flags) => {
  const { quantity, bill, to } = flags as Record<string, string | undefined>;
  const change = await (
    await workflows(context)
  ).planChange.preview({
    subscription: String(subscription),
    price: String(price),
    from: needed(flags, 'from'),
    ...(quantity !== undefined && { quantity: Number(quantity) }),
    ...(bill !== undefined && { bill: bill as NonNullable<PlanChangeInput['bill']> }),
    ...(to !== undefined && { to }),
  });
  if (context.globals.output !== undefined) context.print.text(`${JSON.stringify(change, undefined, 2)}\n`);
  else context.print.result(change);
  return 0;
};

export const planApply: RunSpecial = async (context, [path]) => {
  const change = (await jsonFile(context, String(path))) as PlanChange;
  const outcome = await (await workflows(context)).planChange.apply({ change, dryRun: context.globals.dryRun });
  context.print.result(outcome, { rows: 'steps', columns: ['action', 'state', 'callId'] });
  return exitOfWorkflow(outcome.state);
};

export const auditReport: RunSpecial = async (context, [query], flags) => {
  const by = textOf(flags, 'by')?.split(',') as AuditField[] | undefined;
  const explain = textOf(flags, 'explain');
  const report = await (
    await workflows(context)
  ).auditReport({
    ...(typeof query === 'string' && { query }),
    ...(by !== undefined && { by }),
    ...(explain !== undefined && { explain }),
  });
  const columns = ['count', ...(by ?? ['action', 'status']).map((field) => `values.${field}`), 'lastAt', 'entry'];
  if (report.explained !== undefined && context.globals.json === undefined) context.print.result(report.explained);
  else context.print.result(report, { rows: 'groups', columns });
  context.print.note(`${report.entries} entries${report.isCut ? ', and more' : ''}; by ${AUDIT_FIELDS.join(', ')}.`);
  return 0;
};
