/** The credential that a server makes for its own machine. @module */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const localToken = (dir) => JSON.parse(readFileSync(join(dir, '.fairlead/keys/local.json'), 'utf8')).token;
