/**
 * bad-input: what is wrong is refused or contained with an answer that says what to do, and nothing else suffers: not
 * the deliveries beside it, not the handlers beside it, not the disk, not what was acknowledged before.
 */
import { deliveries } from './bad-input/deliveries.mjs';
import { handlers } from './bad-input/handlers.mjs';
import { starts } from './bad-input/starts.mjs';
import { stores } from './bad-input/stores.mjs';
import { mounted } from './bad-input/mounted.mjs';
import { conclude } from './harness.mjs';

const statements = [];
for (const part of [deliveries, handlers, starts, stores, mounted]) statements.push(...(await part()));
conclude(statements);
