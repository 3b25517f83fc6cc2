/** `fairlead policy check`: whether the policy of this folder can be used, and whether its examples hold. No server needed. @module */
import { ERRORS } from '../../core/errors.js';
import { testPolicy } from '../../operations/index.js';
import type { CommandContext } from './command-context.js';

export async function policyCheck(context: CommandContext): Promise<number> {
  const { policy } = await context.checkConfig();
  const { ok, tests } = testPolicy(policy, await context.connectors());
  const failed = tests.filter((one) => !one.ok);
  context.print.result({
    ok,
    where: policy.where,
    rules: policy.rules.length,
    digest: policy.digest,
    tests: tests.length,
    failed,
  });
  return ok ? 0 : ERRORS.verification_failed.exit;
}
