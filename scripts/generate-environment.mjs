/**
 * .env.example, from the lists that `fairlead help environment` prints and `fairlead init` writes.
 *
 * @module
 */
import { createJiti } from 'jiti';

const jiti = createJiti(import.meta.url, { fsCache: false });

export async function outputs() {
  const { connectorVariables } = await jiti.import('../src/compose/connector-variables.ts');
  const { environmentTemplate } = await jiti.import('../src/doors/cli/environment-template.ts');
  return { '.env.example': environmentTemplate(connectorVariables()) };
}
