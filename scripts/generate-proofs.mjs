/**
 * docs/proofs.md, from the list of proofs.
 *
 * @module
 */
import { PROOFS } from '../test/proofs/index.mjs';

const HEAD = `<!-- Made from test/proofs/index.mjs by \`npm run generate\`. -->

# Proofs

Each promise below has a command that can show it to be false. \`npm run prove\` lists them; without \`--full\` a proof
runs at the size that CI runs at every change.
`;

const section = ({ slug, claim, ci, full, run }) => `
## ${slug}

${claim}

    npm run prove -- ${slug} --full

Full size: ${full.size}. In CI: ${ci.size}. Read it in ${[...(run.vitest ?? []), ...(run.node ? [run.node] : [])].map((path) => `\`${path}\``).join(', ')}.
`;

export async function outputs() {
  return { 'docs/proofs.md': HEAD + PROOFS.map(section).join('') };
}
