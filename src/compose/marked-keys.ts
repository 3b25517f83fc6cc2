/** Keys of the other environment are refused at the start, by the list that needs no connector. @module */
import { refuseForeignKeys } from '../auth/index.js';
import type { Config } from '../config.js';
import { MARKED_KEYS } from '../connectors/marked-keys.generated.js';

/** @throws AppError `config_invalid` with the name of the variable, for built-in connectors and the configured ones. */
export function checkMarkedKeys(config: Config): void {
  refuseForeignKeys(config, [...MARKED_KEYS, ...config.connectors.flatMap(({ envAliases }) => envAliases)]);
}
