/** The environment variables Fairlead itself reads; connectors add theirs. @module */

/** One that a connector honours: a credential for calls out, or the secret of webhooks in. */
export interface ConnectorVariable {
  name: string;
  provider: string;
  makes: 'connection' | 'source';
}

export const VARIABLES: readonly { name: string; says: string }[] = [
  { name: 'INTEGRATION_ENV', says: 'sandbox or live; default sandbox' },
  { name: 'FAIRLEAD_DATA_DIR', says: 'where the data is; default .fairlead' },
  { name: 'FAIRLEAD_HOST', says: 'address of the private listener; default 127.0.0.1' },
  { name: 'FAIRLEAD_PORT', says: 'port of the private listener; default 4650, 0 takes a free one' },
  { name: 'FAIRLEAD_PUBLIC_LISTEN', says: 'HOST:PORT of a second listener with only what the outside needs' },
  { name: 'FAIRLEAD_PUBLIC_URL', says: 'the address under which the outside knows us' },
  { name: 'FAIRLEAD_API_KEY', says: 'a key for REST and for commands in scripts, 20 characters or more' },
  { name: 'FAIRLEAD_AGENT_SESSION', says: 'the session of the agent that runs commands, for the audit log' },
  { name: 'FAIRLEAD_DATABASE_URL', says: 'postgres://... for a store that several nodes share; default a file' },
  {
    name: 'FAIRLEAD_DATABASE_DIRECT_URL',
    says: 'the same database past a pooler, to hear of new jobs at once; default none, jobs are looked for',
  },
  {
    name: 'FAIRLEAD_DATABASE_MAY_LOSE_ACKNOWLEDGED',
    says: 'yes: serve although fsync or synchronous_commit of the server is off',
  },
  { name: 'FAIRLEAD_PROXY_PORTS', says: 'ports of their own for SDKs behind the proxy: <provider>=<port>,...' },
  { name: 'FAIRLEAD_TRUSTED_PROXIES', says: 'addresses of proxies of yours, which say where a request came from' },
  { name: 'FAIRLEAD_ROLE', says: 'all, intake, worker or scheduler: what this node does; default all' },
  { name: 'FAIRLEAD_VAULT_KEYS', says: 'keys of the vault from outside, base64, the current one first' },
  { name: 'FAIRLEAD_VAULT_COMMAND', says: 'command that wraps and unwraps the keys of the vault (KMS)' },
  { name: 'FAIRLEAD_SAAS_HOSTS', says: 'hosts that SAAS_API_TOKEN may be sent to' },
  { name: 'FAIRLEAD_IDEMPOTENT_HOSTS', says: 'hosts of yours that recognise Idempotency-Key' },
  { name: 'FAIRLEAD_ALLOWED_PRIVATE_HOSTS', says: 'private addresses that actions may reach' },
  { name: 'FAIRLEAD_LOG_LEVEL', says: 'debug, info, warn or error; default info' },
  { name: 'AUDIT_LOG_PATH', says: 'the audit log as a file; default logs/saas-audit.ndjson' },
];
