/** `fairlead connector check`: the suite that every connector passes, played on one in a file of the user. @module */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { loadConnectorFile } from '../config-file.js';
import { PROVIDERS } from '../connectors/providers.generated.js';
import type { ConnectorDefinition } from '../core/connector.js';
import { AppError } from '../core/errors.js';
import { isObject } from '../core/json.js';
import { connectorProblems } from '../testing/connector-suite.js';

const INDEX = ['ts', 'mts', 'mjs', 'js'].map((extension) => `index.${extension}`);

/** @param path of its folder, or of the file that exports `connector` */
export async function checkConnector(
  path: string,
): Promise<{ provider: string; actions: string[]; problems: string[] }> {
  const file = fileAt(path);
  const connector = await loadConnectorFile(file);
  if (!isObject(connector) || typeof connector['provider'] !== 'string' || !isObject(connector['actions'])) {
    throw invalid(file, 'it exports no `connector` that defineConnector made');
  }
  const { provider, actions } = connector as unknown as ConnectorDefinition;
  const taken = PROVIDERS.includes(provider) ? [`${provider}: Fairlead has a connector of this name already`] : [];
  return {
    provider,
    actions: Object.keys(actions).map((name) => `${provider}.${name}`),
    problems: [...taken, ...problemsOf(connector as unknown as ConnectorDefinition)],
  };
}

/** The suite looks into fields that a connector in plain JavaScript may lack. */
function problemsOf(connector: ConnectorDefinition): string[] {
  try {
    return connectorProblems(connector);
  } catch (error) {
    return [`${connector.provider}: it cannot be checked: ${String(error).slice(0, 300)}`];
  }
}

function fileAt(path: string): string {
  if (!existsSync(path)) throw invalid(path, 'there is no such file or folder');
  if (!statSync(path).isDirectory()) return path;
  const file = INDEX.map((name) => join(path, name)).find((one) => existsSync(one));
  if (file === undefined) throw invalid(path, 'it holds no index.ts, index.mts, index.mjs or index.js');
  return file;
}

function invalid(where: string, problem: string): AppError {
  return new AppError('config_invalid', { where, problem });
}
