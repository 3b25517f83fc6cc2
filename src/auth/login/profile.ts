/** From what a provider says of somebody to a person of ours. Pure. @module */
import type { LoginProfile } from '../../core/connector.js';

const ADDRESS = /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+$/;

/**
 * The address as it is compared: lower case. `undefined` for one in which a letter could be taken for another: such an
 * address is never what accounts are joined by.
 */
export function comparableEmail(text: string | undefined): string | undefined {
  const email = text?.trim().toLowerCase();
  return email !== undefined && email.length <= 254 && ADDRESS.test(email) ? email : undefined;
}

/** What may be kept of a profile. */
export function factsOfProfile({ name }: LoginProfile): string {
  return JSON.stringify(name === undefined ? {} : { name: name.slice(0, 200) });
}
