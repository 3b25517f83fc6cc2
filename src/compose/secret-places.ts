/** What is sealed, and the place each sealed thing is bound to. @module */
import { fetchReference, type SecretBinding, type Vault } from '../auth/index.js';
import type { Sealer } from '../audit/index.js';
import type { SecretSources } from '../core/ports.js';
import type { Environment, Scope } from '../core/scope.js';
import type { SecretSet } from '../core/secret-set.js';
import type { SourceRow, SourceSecret } from '../core/source.js';

/** Seals and opens what Fairlead keeps; every secret that comes into the open is known to redaction from then on. */
export class SecretPlaces {
  constructor(
    private readonly vault: Vault,
    private readonly sources: SecretSources,
    private readonly handedOut: SecretSet,
  ) {}

  sealBody(scope: Scope, eventId: string, body: Uint8Array): Uint8Array {
    return this.vault.seal(body, bodyPlace(scope, eventId));
  }

  openBody(scope: Scope, eventId: string, body: Uint8Array): Uint8Array {
    return this.vault.open(body, bodyPlace(scope, eventId));
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
    if (secret.sealed === undefined) return await fetchReference(this.sources, secret.reference ?? '');
    const scope = { tenant: row.tenant, environment: row.environment as Environment };
    return new TextDecoder().decode(this.vault.open(secret.sealed, sourcePlace(scope, row.id, secret.id)));
  }

  /** Personal values of audit entries are sealed like secrets, bound to their entry. */
  get personal(): Sealer {
    return {
      seal: (plain, binding) => this.vault.seal(plain, personalPlace(binding)),
      open: (sealed, binding) => this.vault.open(sealed, personalPlace(binding)),
    };
  }
}

function sourcePlace(scope: Scope, sourceId: string, secretId: string): SecretBinding {
  return { ...scope, kind: 'source', id: sourceId, field: secretId };
}

function bodyPlace(scope: Scope, eventId: string): SecretBinding {
  return { ...scope, kind: 'event', id: eventId, field: 'body' };
}

/** The binding of an entry names its tenant and environment already. */
function personalPlace(binding: string): SecretBinding {
  return { tenant: '', environment: 'sandbox', kind: 'audit', id: binding, field: 'personal' };
}
