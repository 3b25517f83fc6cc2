/** The real pipeline over the simulated Google, with Google's discovery documents beside it. */
import { GoogleSandbox } from '../../src/sandbox/google/index.js';
import { googleDescription } from '../sandbox/google-description.js';
import { officialDescription, specs, type Checker } from '../sandbox/official-description.js';
import { connected, type Connected } from './connected.js';

const BASES = [
  'https://www.googleapis.com',
  'https://gmail.googleapis.com',
  'https://sheets.googleapis.com',
  'https://openidconnect.googleapis.com',
];

export type GoogleWorld = Connected & { google: GoogleSandbox };

/** Only where the documents are. */
export async function googleChecker(): Promise<Checker | undefined> {
  return specs.available ? await officialDescription({ file: googleDescription }) : undefined;
}

export async function googleWorld(
  checker: Checker | undefined,
  sandbox: ConstructorParameters<typeof GoogleSandbox>[0] = {},
  options: Parameters<typeof connected>[2] = {},
): Promise<GoogleWorld> {
  const google = new GoogleSandbox({ ...(checker && { onExchange: checker.see }), ...sandbox });
  const env = { GOOGLE_OAUTH_ACCESS_TOKEN: google.mainToken.value, ...options.env };
  const world = await connected(google, BASES, { startMs: Date.UTC(2026, 1, 2, 12), ...options, env });
  return { ...world, google };
}
