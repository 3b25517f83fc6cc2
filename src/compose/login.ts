/** How people sign in. @module */
import {
  AccessTokens,
  ClientDirectory,
  Grants,
  Sessions,
  SignIn,
  SigningKeys,
  type KeptSecrets,
  type Vault,
} from '../auth/index.js';
import type { RecorderParts } from '../audit/index.js';
import type { ConnectorDefinition } from '../core/connector.js';
import { DEFAULT_TENANT } from '../core/scope.js';
import { writeGrant, writeReuse, type Connecting, type Login } from '../operations/index.js';
import type { Parts } from '../parts.js';

export function composeLogin(
  { config, store, net, clock, random, address }: Parts,
  { kept, vault }: { kept: KeptSecrets; vault: Vault },
  { connecting, connectors }: { connecting: Connecting; connectors: readonly ConnectorDefinition[] },
  recorder: RecorderParts,
): Login {
  const { environment } = config;
  const { apps, tokens, baseUrlOf } = connecting;
  const { timeoutMs } = config.connect;
  const tenant = DEFAULT_TENANT;
  const keys = new SigningKeys({ kept, clock, random });
  const access = new AccessTokens({ keys, clock, random, issuer: address });
  const by = { store, vault, apps, tokens, net, clock, random, connectors, baseUrlOf, environment, tenant, timeoutMs };
  const signIn = new SignIn(by);
  const { scope } = signIn;
  const onReuse = (person: string, session: string) => writeReuse({ store }, recorder, scope, person, session);
  const sessions = new Sessions({ store, tokens: access, clock, random, scope, onReuse });
  const grants = new Grants({
    store,
    tokens: access,
    clients: new ClientDirectory({ clients: store.clients, net, clock, scope }),
    clock,
    random,
    scope,
    environment,
    issuer: address,
    report: (event) => writeGrant({ store }, recorder, event),
  });
  return { signIn, sessions, keys, grants, apps: config.login.apps };
}
