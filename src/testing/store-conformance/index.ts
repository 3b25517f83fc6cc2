/**
 * The suite that every driver of the store must pass: what core/store.ts promises, as tests.
 *
 * @module
 */
import { auditPart } from './audit-part.js';
import { callsPart } from './calls-part.js';
import { eventsPart } from './events-part.js';
import { jobsPart } from './jobs-part.js';
import { nodesPart } from './nodes-part.js';
import { orderPart } from './order-part.js';
import { declarePart, type OpenStore, type TestFramework } from './suite.js';
import { renewalsPart } from './renewals-part.js';
import { peoplePart } from './people-part.js';
import { secretsPart } from './secrets-part.js';
import { grantsPart } from './grants-part.js';
import { signInPart } from './sign-in-part.js';
import { crashPart, systemPart } from './system-part.js';
import { thingsPart } from './things-part.js';
import { writersPart } from './writers-part.js';

export { SANDBOX, type OpenStore, type StoreUnderTest, type TestFramework } from './suite.js';
export { claim, Fixtures, hash, LEASE_MS, settle, start } from './fixtures.js';
export { LimitModel } from './limit-model.js';
export { VirtualClock } from '../virtual-clock.js';

/**
 * Declares the suite for a driver.
 *
 * @param open opens an empty store that lives by the given clock; called once a test
 */
export function storeConformance(name: string, open: OpenStore, framework: TestFramework): void {
  framework.describe(`store: ${name}`, () => {
    const parts = [
      eventsPart,
      jobsPart,
      orderPart,
      callsPart,
      thingsPart,
      secretsPart,
      peoplePart,
      signInPart,
      grantsPart,
      renewalsPart,
      auditPart,
      systemPart,
      crashPart,
      writersPart,
      nodesPart,
    ];
    for (const part of parts) declarePart(part, open, framework);
  });
}
