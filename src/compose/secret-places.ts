/** What is sealed, and the place each sealed thing is bound to. @module */
import { fetchReference, type ArchiveKeys, type SecretBinding, type Vault } from '../auth/index.js';
import type { Sealer } from '../audit/index.js';
import type { SecretSources } from '../core/ports.js';
import type { Environment, Scope } from '../core/scope.js';
import type { SecretSet } from '../core/secret-set.js';
import type { SourceRow, SourceSecret } from '../core/source.js';

/** Reads a secret that Fairlead keeps under a name. @throws AppError */
export type KeptReader = (scope: Scope, name: string) => Promise<string>;

/** Seals and opens what Fairlead keeps; every secret that comes into the open is known to redaction from then on. */
export class SecretPlaces {
  constructor(
    private readonly vault: Vault,
    private readonly archive: ArchiveKeys,
    private readonly sources: SecretSources,
    private readonly handedOut: SecretSet,
    private readonly kept: KeptReader,
  ) {}

  sealBody(scope: Scope, eventId: string, body: Uint8Array): Uint8Array {
    return this.archive.seal(body, bodyPlace(scope, eventId));
  }

  openBody(scope: Scope, eventId: string, body: Uint8Array): Uint8Array {
    return this.archive.open(body, bodyPlace(scope, eventId));
  }

  sealSourceSecret(scope: Scope, sourceId: string, secretId: string, text: string): Uint8Array {
    this.handedOut.add(text);
    return this.vault.seal(new TextEncoder().encode(text), sourcePlace(scope, sourceId, secretId));
  }

  /** @throws AppError `secret_unavailable`, `vault_sealed`, `vault_tampered` */
  async openSourceSecret(row: SourceRow, secret: SourceSecret): Promise<string> {
    const text = await this.#textOf(row, secret);
    this.handedOut.add(text);
    return text;
  }

  async #textOf(row: SourceRow, secret: SourceSecret): Promise<string> {
    const scope = { tenant: row.tenant, environment: row.environment as Environment };
    if (secret.sealed === undefined) {
      return await fetchReference(this.sources, secret.reference ?? '', (name) => this.kept(scope, name));
    }
    return new TextDecoder().decode(this.vault.open(secret.sealed, sourcePlace(scope, row.id, secret.id)));
  }

  /** Personal values of audit entries are sealed like secrets, bound to their entry. */
  get personal(): Sealer {
    return {
      seal: (plain, binding) => this.archive.seal(plain, personalPlace(binding)),
      open: (sealed, binding) => this.archive.open(sealed, personalPlace(binding)),
    };
  }
}

function sourcePlace(scope: Scope, sourceId: string, secretId: string): SecretBinding {
  return { ...scope, kind: 'source', id: sourceId, field: secretId };
}

function bodyPlace(scope: Scope, eventId: string): SecretBinding & Scope {
  return { ...scope, kind: 'event', id: eventId, field: 'body' };
}

/** The binding of an entry names its tenant and environment already; the environment says whose key it is. */
function personalPlace(binding: string): SecretBinding & Scope {
  const environment = binding.split('|').at(-2) === 'live' ? 'live' : 'sandbox';
  return { tenant: '', environment, kind: 'audit', id: binding, field: 'personal' };
}
