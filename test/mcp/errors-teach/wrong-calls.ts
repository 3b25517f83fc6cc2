/**
 * Wrong calls as models make them: words that are nearly right, wrong types, what is missing, JSON as text, tools that
 * are called otherwise. Each is made from a right call by one mistake. @module
 */
export interface WrongCall {
  mistake: string;
  tool: string;
  given: Record<string, unknown>;
  /** The argument that is wrong. */
  field: string;
}

type Given = Record<string, unknown>;

/** Right calls, over tools that are listed and one that is found. */
export const RIGHT: readonly (readonly [tool: string, given: Given])[] = [
  ['slack_send_message', { channel: '#general', text: 'Hello', dryRun: true }],
  [
    'github_create_issue',
    { repository: 'octo/widgets', title: 'It breaks', body: 'On Mondays.', labels: ['bug'], dryRun: true },
  ],
  ['github_search_issues', { repository: 'octo/widgets', words: 'export', state: 'open' }],
  ['resend_send_email', { from: 'a@example.com', to: ['b@example.com'], subject: 'Hello', text: 'Hi', dryRun: true }],
  ['events_list', { provider: 'github', limit: 5 }],
  ['audit_search', { query: 'status=failed', limit: 5 }],
  ['actions_search', { query: 'create issue', limit: 3 }],
  ['actions_run', { name: 'jobs.list', input: {} }],
  ['calls_get', { id: 'call_06gzvqpx8sz3zam9ahtvvj8v58' }],
  ['github_list_unreleased_commits', { repository: 'octo/widgets' }],
  ['linear_create_issue', { team: 'ENG', title: 'It breaks', priority: 2, dryRun: true }],
];

const swapped = (name: string): string =>
  name.length < 3 ? `${name}x` : `${name.slice(0, -2)}${name.at(-1)}${name.at(-2)}`;
const snake = (name: string): string => name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
const renamed = (given: Given, from: string, to: string): Given =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [name === from ? to : name, value]));

/** One mistake at a time, in each argument where it can be made. */
export function wrongCalls(required: (tool: string) => readonly string[]): WrongCall[] {
  return RIGHT.flatMap(([tool, given]) => [
    ...Object.entries(given).flatMap(([name, value]) => mistakesIn(tool, given, name, value)),
    ...required(tool).map((name) => {
      const { [name]: _gone, ...rest } = given;
      return { mistake: 'missing', tool, given: rest, field: name };
    }),
  ]);
}

function mistakesIn(tool: string, given: Given, name: string, value: unknown): WrongCall[] {
  const called = (mistake: string, other: string): WrongCall[] =>
    other === name ? [] : [{ mistake, tool, given: renamed(given, name, other), field: other }];
  const valued = (mistake: string, other: unknown): WrongCall => ({
    mistake,
    tool,
    given: { ...given, [name]: other },
    field: name,
  });
  const wrongTypes = (): WrongCall[] => {
    if (typeof value === 'string') return [valued('a list for text', [value]), valued('a number for text', 7)];
    if (typeof value === 'number') return [valued('text for a number', String(value)), valued('too many', 1_000_000)];
    if (typeof value === 'boolean') return [valued('text for yes or no', String(value))];
    return Array.isArray(value) ? [valued('text for a list', String(value[0]))] : [];
  };
  return [
    ...called('two letters swapped', swapped(name)),
    ...called('one letter too many', `${name}s`),
    ...called('a capital', name[0]!.toUpperCase() + name.slice(1)),
    ...called('snake case', snake(name)),
    ...wrongTypes(),
  ];
}
