/** The text of `.env.example`: the names that are honoured, from the same lists as `fairlead help environment`. @module */
import { VARIABLES, type ConnectorVariable } from './variables.js';

const HEAD = `# Names only: values belong into .env, which git ignores, or into the environment, which goes before it.
# An empty variable counts as unset.
`;
const CALLS = `
# Credentials for calls to providers. A value may be a reference: env:NAME, file:PATH, exec:COMMAND
`;
const WEBHOOKS = `
# Secrets of webhooks: each one that is set opens /in/<provider> at start. A value may be a reference, too
`;

export function environmentTemplate(variables: readonly ConnectorVariable[]): string {
  const own = VARIABLES.map(({ name, says }) => `\n# ${says}\n${name}=\n`).join('');
  return HEAD + own + CALLS + names(variables, 'connection') + WEBHOOKS + names(variables, 'source');
}

function names(variables: readonly ConnectorVariable[], makes: ConnectorVariable['makes']): string {
  return variables
    .filter((variable) => variable.makes === makes)
    .map(({ name }) => `${name}=\n`)
    .join('');
}
