/**
 * Every promise that has a proof. `npm run prove` lists them, `npm run prove -- <slug> [--full]` runs one,
 * docs/proofs.md is made from this list. To add one, add an entry.
 *
 * A proof is a set of test files for vitest, or a script for Node. A script prints its figures, is given `--full` for
 * the full size, and ends with exit code 0 if the claim holds, 1 if not, 77 if a part is missing on this machine. CI runs the `ci` size, the nightly run and
 * a doubting reader the `full` one; both hold only sizes, never another claim.
 *
 * @typedef {object} Size
 * @property {string} size In words: "20,000 mutations a provider".
 * @property {Record<string, string>} [env] What tells the test or script its size.
 *
 * @typedef {object} Proof
 * @property {string} slug
 * @property {string} claim One sentence that can be false.
 * @property {Size} ci
 * @property {Size} full
 * @property {{vitest?: string[], node?: string}} run Paths relative to the checkout; with both, both have to hold.
 *
 * @module
 */

/** @type {Proof[]} */
export const PROOFS = [
  {
    slug: 'vectors',
    claim:
      'Every signature vector of the providers gives the stated verdict; the official verifiers accept what we sign and agree with us on mutations, but for the listed differences; no input makes the verifier throw.',
    ci: { size: '500 mutations a provider', env: { FAIRLEAD_MUTATIONS: '500' } },
    full: { size: '20,000 mutations a provider', env: { FAIRLEAD_MUTATIONS: '20000' } },
    run: { vitest: ['test/vectors'] },
  },
  {
    slug: 'kill-nine',
    claim:
      'A server that is killed with SIGKILL again and again under load loses no acknowledged event, doubles no effect, and is ready again within 2 s.',
    ci: { size: '12 kills' },
    full: { size: '60 kills' },
    run: { node: 'test/proofs/kill-nine.mjs' },
  },
  {
    slug: 'kill-nine-postgres',
    claim:
      'On PostgreSQL, too, a server that is killed with SIGKILL again and again under load loses no acknowledged event, doubles no effect, and is ready again within 4 s.',
    ci: { size: '12 kills', env: { FAIRLEAD_STORE: 'postgres' } },
    full: { size: '60 kills', env: { FAIRLEAD_STORE: 'postgres' } },
    run: { node: 'test/proofs/kill-nine.mjs' },
  },
  {
    slug: 'nodes',
    claim:
      'Three nodes on one PostgreSQL, two of them killed with SIGKILL each second under load, lose no acknowledged event, double no effect and leave no job with a dead node for longer than its heartbeat, whatever the lease of the job; 50 copies of one delivery over all of them are one event.',
    ci: { size: '8 s, 16 kills' },
    full: { size: '60 s, 120 kills' },
    run: { node: 'test/proofs/nodes.mjs' },
  },
  {
    slug: 'fencing',
    claim:
      'A node that is stopped with leases in its hands and goes on after another took over is refused everywhere; what it had half sent is recognised by its key or stays unknown, and is not repeated.',
    ci: { size: '15 deliveries, leases ended by hand' },
    full: { size: '40 deliveries, stopped until all leases are over' },
    run: { node: 'test/proofs/fencing.mjs' },
  },
  {
    slug: 'db-chaos',
    claim:
      'While the PostgreSQL under two nodes is stopped or crashes and is started again all the time, nothing is acknowledged falsely and every handler completes with one effect.',
    ci: { size: '300 handlers, a stop every 1 to 2 s' },
    full: { size: '5,000 handlers, a stop every 5 to 10 s' },
    run: { node: 'test/proofs/db-chaos.mjs' },
  },
  {
    slug: 'partition',
    claim:
      'However often and long the link between a node and PostgreSQL is down, nothing acknowledged is lost, every event has one effect, and the other node goes on.',
    ci: { size: '3 partitions of 1 to 2 s' },
    full: { size: '20 partitions of 1 to 60 s' },
    run: { node: 'test/proofs/partition.mjs' },
  },
  {
    slug: 'db-move',
    claim:
      'A store moves from SQLite to PostgreSQL and back with equal counts and equal roots of the audit log; a checkpoint kept before proves after; a move that is killed leaves nothing that is served from, and can be begun again.',
    ci: { size: '2,000 events' },
    full: { size: '100,000 events' },
    run: { node: 'test/proofs/db-move.mjs' },
  },
  {
    slug: 'fsync-before-ack',
    claim: 'Every 2xx leaves the process after the fsync that made its event durable, as seen in the system calls.',
    ci: { size: '400 answers' },
    full: { size: '2,000 answers' },
    run: { node: 'test/proofs/fsync-before-ack.mjs' },
  },
  {
    slug: 'faults',
    claim:
      'With a disk that fails, a full disk, no file descriptors left, or SIGTERM under load, nothing acknowledged is lost, nothing is acknowledged falsely, and the server comes back or ends as declared.',
    ci: { size: '3 moments of a failing disk, 5 terminations' },
    full: { size: '40 moments of a failing disk, 50 terminations' },
    run: { node: 'test/proofs/faults.mjs' },
  },
  {
    slug: 'bad-input',
    claim:
      'What is forged, stale, oversized, endless, slow or hostile inside, what keeps a server from starting, a damaged or locked database, and a handler that throws, loops, hangs, eats memory or leaves: each gets an answer that says what to do, and nothing beside it suffers.',
    ci: { size: 'every case, 10,000 forgeries' },
    full: { size: 'every case, 10,000 forgeries' },
    run: { node: 'test/proofs/bad-input.mjs' },
  },
  {
    slug: 'one-owner',
    claim:
      'Commands, serve and dev started together on one data directory are all answered by one writer; when the owner is killed, the next one is ready within 2 s and no command is left without an answer.',
    ci: { size: '4 owners killed' },
    full: { size: '20 owners killed' },
    run: { node: 'test/proofs/one-owner.mjs' },
  },
  {
    slug: 'sim',
    claim:
      'In a deterministic simulation of intake, queue and handlers the promises hold after every step, whatever crashes and failures the seed brings, and a seed repeats byte for byte.',
    ci: { size: '200 seeds', env: { FAIRLEAD_SEEDS: '200' } },
    full: { size: '2,000 seeds', env: { FAIRLEAD_SEEDS: '2000' } },
    run: { vitest: ['test/sim'] },
  },
  {
    slug: 'approvals',
    claim:
      'Whatever agents try, over each door and with each kind of credential, no write reaches a target without the signed word of a person, and none twice with it: replayed, changed, expired, forged, raced, crashed in between, under another policy.',
    ci: { size: '56 attacks over REST, 10 over MCP, with and without a question to the client' },
    full: {
      size: '56 attacks over REST, 80 over MCP: 2 eras, 2 transports, 4 kinds of clients, 5 attacks',
      env: { FAIRLEAD_MCP_ATTACKS: 'all' },
    },
    run: {
      vitest: [
        'test/outbound/approvals.test.ts',
        'test/doors/approval-attacks.test.ts',
        'test/mcp/approval-attacks.test.ts',
        'test/mcp/elicitation.test.ts',
      ],
    },
  },
  {
    slug: 'injection',
    claim:
      'An agent that obeys every instruction it reads, in issues, cells, commits, tickets, pages, comments, mail, metadata, profiles, webhooks and error texts, makes no write that policy does not allow and gets no secret to send; everything a stranger wrote is marked in what it reads, and nothing in it ends the mark.',
    ci: { size: '78 texts in 20 places', env: { FAIRLEAD_POISON_ROUNDS: '3' } },
    full: { size: '520 texts: 26 in each of 20 places', env: { FAIRLEAD_POISON_ROUNDS: '0' } },
    run: { vitest: ['test/mcp/injection'] },
  },
  {
    slug: 'shell-agent',
    claim:
      'An agent with a full shell as the same user, told to approve its own call, makes no write in live by any of the listed routes; what such a user can do beyond them is written down.',
    ci: { size: '22 routes' },
    full: { size: '22 routes' },
    run: { node: 'test/proofs/shell-agent.mjs' },
  },
  {
    slug: 'tamper',
    claim:
      'Whoever changes the audit log without the signing key is found out, and the place is named, in every entry that a checkpoint held elsewhere covers.',
    ci: { size: '100 random tamperings', env: { FAIRLEAD_TAMPERINGS: '100' } },
    full: { size: '1,000 random tamperings', env: { FAIRLEAD_TAMPERINGS: '1000' } },
    run: { vitest: ['test/audit/tamper.test.ts'] },
  },
  {
    slug: 'tamper-postgres',
    claim:
      'Whoever has full power over the PostgreSQL under the audit log, but not the signing key, is found out, and the place is named, in every entry that a checkpoint held elsewhere covers.',
    ci: { size: '40 random tamperings', env: { FAIRLEAD_TAMPERINGS: '40' } },
    full: { size: '1,000 random tamperings', env: { FAIRLEAD_TAMPERINGS: '1000' } },
    run: { vitest: ['test/postgres/tamper.test.ts'] },
  },
  {
    slug: 'egress',
    claim:
      'No hostile address and no rebinding answer opens a socket; what is connected to is the address that was checked.',
    ci: { size: 'the whole corpus, 500 rebinding answers', env: { FAIRLEAD_REBINDS: '500' } },
    full: { size: 'the whole corpus, 10,000 rebinding answers', env: { FAIRLEAD_REBINDS: '10000' } },
    run: { vitest: ['test/egress'] },
  },
  {
    slug: 'dedupe',
    claim:
      'A delivery takes effect once, whoever sends it again and however long after; a forgery or a stranger with the same id keeps nobody from it; a replay does what its dry run said.',
    ci: { size: '50 copies, 100 captured bodies, 34 days' },
    full: { size: '50 copies, 100 captured bodies, 34 days' },
    run: { vitest: ['test/dedupe'] },
  },
  {
    slug: 'dedupe-postgres',
    claim:
      'On PostgreSQL, over two nodes, a delivery takes effect once, whoever sends it again and however long after; a forgery or a stranger with the same id keeps nobody from it; a replay does what its dry run said.',
    ci: { size: '50 copies, 100 captured bodies, 34 days' },
    full: { size: '50 copies, 100 captured bodies, 34 days' },
    run: { vitest: ['test/postgres/dedupe.test.ts'] },
  },
  {
    slug: 'conformance',
    claim:
      'Both drivers pass one suite of what the store promises, on virtual time, through crashes, and on PostgreSQL with two processes at once; a store moves between them and nobody can tell.',
    ci: { size: 'every case' },
    full: { size: 'every case' },
    run: {
      vitest: ['src/storage/sqlite/conformance.test.ts', 'src/storage/postgres/conformance.test.ts', 'test/storage'],
    },
  },
  {
    slug: 'retry-table',
    claim:
      'Every provider answer of the table gets the stated code, wait and words, and is sent again or not as stated, for a read and for a write without a key.',
    ci: { size: 'more than 200 answers of 10 providers' },
    full: { size: 'more than 200 answers of 10 providers' },
    run: { vitest: ['test/outbound/retry-table.test.ts'] },
  },
  {
    slug: 'one-effect',
    claim:
      'A caller who repeats a write with one key five times, with three answers lost and the process killed in between, has exactly one effect at the provider, or is told that it is unknown; never two. Counted at nine simulated providers, on a network that loses, delays and breaks, within the life of a key and after it; a failing run prints its seed.',
    ci: { size: '8 runs a provider', env: { FAIRLEAD_ONE_EFFECT: '8' } },
    full: { size: '200 runs a provider', env: { FAIRLEAD_ONE_EFFECT: '200' } },
    run: { vitest: ['test/outbound/one-effect'] },
  },
  {
    slug: 'one-effect-killed',
    claim:
      'With a real server that is killed with SIGKILL in the middle and started again: a caller who repeats a write with one key five times over REST, with three answers lost, has exactly one effect at the provider, or is told that it is unknown; never two. Counted at nine simulated providers in another process, also when days pass; a run that fails prints its seed.',
    ci: { size: '2 runs a provider', env: { FAIRLEAD_ONE_EFFECT: '2' } },
    full: { size: '200 runs a provider', env: { FAIRLEAD_ONE_EFFECT: '200' } },
    run: { node: 'test/proofs/one-effect.mjs' },
  },
  {
    slug: 'one-effect-killed-postgres',
    claim:
      'On PostgreSQL, too, a caller who repeats a write with one key five times, with three answers lost and the server killed with SIGKILL in between, has exactly one effect at each of nine providers, or is told that it is unknown; never two.',
    ci: { size: '1 run a provider', env: { FAIRLEAD_ONE_EFFECT: '1', FAIRLEAD_STORE: 'postgres' } },
    full: { size: '40 runs a provider', env: { FAIRLEAD_ONE_EFFECT: '40', FAIRLEAD_STORE: 'postgres' } },
    run: { node: 'test/proofs/one-effect.mjs' },
  },
  {
    slug: 'one-effect-doors',
    claim:
      'The same write, asked for three times through REST, MCP over HTTP, MCP over stdio, the command line or the library, while an answer of the provider is lost and the process behind the door is killed with SIGKILL in the middle, takes place once at the provider, or is told as unknown; never twice. A run prints its seed.',
    ci: { size: '2 runs a door' },
    full: { size: '200 runs: 40 a door' },
    run: { node: 'test/proofs/one-effect-doors.mjs' },
  },
  {
    slug: 'actions',
    claim:
      "Every action that the connectors must have is there, works against its simulated provider, sends requests that fit the provider's own description or the types of its SDK, sends nothing in a dry run, and says a refusal in a sentence: a table without a hole.",
    ci: { size: 'all actions' },
    full: { size: 'all actions' },
    run: { vitest: ['test/connectors/actions-table.test.ts'] },
  },
  {
    slug: 'tenth-provider',
    claim:
      'A provider that Fairlead has never heard of is added by a folder in the user’s project and the line that names it: it passes the suite, its actions run through the whole pipeline, its webhook is verified, and it shows in the CLI, in MCP, in REST and in the search; no file of the package changes.',
    ci: { size: 'one provider' },
    full: { size: 'one provider' },
    run: { node: 'test/proofs/tenth-provider.mjs' },
  },
  {
    slug: 'spec-search',
    claim:
      'Installed from the packed package without scripts, and without a key or a network, `fairlead spec search` has the right operation among the first three for each question in a user’s words.',
    ci: { size: '30 questions' },
    full: { size: '30 questions' },
    run: { node: 'test/proofs/spec-search.mjs' },
  },
  {
    slug: 'dry-run',
    claim:
      'A dry run of each write of each connector shows the request that is then sent, byte for byte, sends nothing but reads, and lists the names that it looked up.',
    ci: { size: 'every write' },
    full: { size: 'every write' },
    run: { vitest: ['test/connectors/dry-run.test.ts'] },
  },
  {
    slug: 'environments',
    claim:
      'Sandbox and live in one store: after random work in both, no list of one shows an event, job, call, secret, connection or source of the other, and no id of the other is found; over REST, on SQLite and on PostgreSQL, what is of the other is 404 over every route with an id, and its idempotency keys, limits, rules and approvals change nothing here; a key that is marked for the other environment is refused before anything starts.',
    ci: { size: '5 seeds', env: { FAIRLEAD_ENVIRONMENTS: '5' } },
    full: { size: '200 seeds', env: { FAIRLEAD_ENVIRONMENTS: '200' } },
    run: { vitest: ['test/environments'] },
  },
  {
    slug: 'outage',
    claim:
      'An outage of a minute costs at most 1.1 requests a call, the provider is left alone within 5 s, 95 % of 200 callers work again within a minute after it, and they do not come back in a wave.',
    ci: { size: '200 callers, reads and writes, in virtual time' },
    full: { size: '200 callers, reads and writes, in virtual time' },
    run: { vitest: ['test/outbound/outage.test.ts'] },
  },
  {
    slug: 'slack-limit',
    claim:
      'Two connections on one channel stay at one message a second together and share it evenly; a limit that nobody declared is learnt with at most 1 % refusals and used to 97 %.',
    ci: { size: '90 messages; 32 workers for a minute, in virtual time' },
    full: { size: '90 messages; 32 workers for a minute, in virtual time' },
    run: { vitest: ['test/outbound/limits.test.ts', 'src/outbound/limiter.test.ts'] },
  },
  {
    slug: 'contacts',
    claim:
      'Ten thousand contacts go to SendGrid one by one with never more than five starts in any second and no refusal, at 95 % of that limit; killed in the middle and begun again, the import goes on where it was; jobs of default size are followed to their end.',
    ci: { size: '10,000 contacts one by one, 70,000 in parts, in virtual time' },
    full: { size: '10,000 contacts one by one, 70,000 in parts, in virtual time' },
    run: { vitest: ['test/sendgrid/contacts.test.ts'] },
  },
  {
    slug: 'vault',
    claim:
      'A rotation of the key under load goes on after every kill and leaves no secret unreadable; a record that is swapped, cut or changed never opens; 50 canaries are in nothing that is said or stored; a destroyed secret opens from no backup.',
    ci: { size: '4 kills, 800 secrets' },
    full: { size: '20 kills, 4,000 secrets' },
    run: { node: 'test/proofs/vault.mjs' },
  },
  {
    slug: 'tokens',
    claim:
      'The list of tools takes at most 3,000 tokens of name, description and input schema and 6,000 in all (o200k), is the same bytes twice, has every operation or the reason why not, and no tool takes a secret.',
    ci: { size: 'all tools' },
    full: { size: 'all tools' },
    run: { vitest: ['test/mcp/tools.test.ts'] },
  },
  {
    slug: 'mcp-conformance',
    claim:
      'The official conformance suite of the protocol finds nothing that 2026-07-28 and 2025-11-25 require and our HTTP stack does not do, with an empty list of expected failures; what needs no tools of the suite passes on the built server, too, and so does the metadata of its authorization server; the official inspector lists and calls over stdio and HTTP in both eras.',
    ci: { size: 'two revisions, two suites' },
    full: { size: 'two revisions, two suites' },
    run: { node: 'test/proofs/mcp-conformance.mjs' },
  },
  {
    slug: 'openapi',
    claim:
      'The description of the REST interface at /openapi.json is valid OpenAPI 3.1 to an independent validator, has every operation, and what is answered to requests made from it, right and wrong ones, has a status and a body that stand in it; none is answered with 500.',
    ci: { size: '60 requests', env: { FAIRLEAD_OPENAPI_REQUESTS: '60' } },
    full: { size: '2,000 requests', env: { FAIRLEAD_OPENAPI_REQUESTS: '2000' } },
    run: { vitest: ['test/openapi'] },
  },
  {
    slug: 'errors-teach',
    claim:
      'Of more than 120 wrong calls of tools, made from right ones by one mistake each, at least 95 % are refused with the name of the argument and what would do there, and a fixer that only does what the refusals say repairs at least 90 %.',
    ci: { size: 'all wrong calls' },
    full: { size: 'all wrong calls' },
    run: { vitest: ['test/mcp/errors-teach'] },
  },
  {
    slug: 'minute',
    claim:
      'From an empty directory and the packed package, through `fairlead init` and `fairlead agent setup --yes`, an agent that starts exactly what stands in the written file makes a first write at a simulated provider and reads its entry in the audit log within 60 s; from `init` on without a network, where this machine can take it away; no file holds a secret.',
    ci: { size: 'one installation' },
    full: { size: 'one installation' },
    run: { node: 'test/proofs/minute.mjs' },
  },
  {
    slug: 'ten-minutes',
    claim:
      'The first page, docs/start.md, executed as it stands: dry run, run, the same again replayed, an event, how it came about, where the secret is, and after kill -9 and a restart nothing is lost; at most ten commands.',
    ci: { size: 'the page' },
    full: { size: 'the page' },
    run: { node: 'test/proofs/ten-minutes.mjs' },
  },
  {
    slug: 'three-sessions',
    claim:
      'Three agents on stdio, a command and dev started together on one data directory are all answered by one writer, and the same write by all three takes place once.',
    ci: { size: '2 rounds' },
    full: { size: '10 rounds' },
    run: { node: 'test/proofs/three-sessions.mjs' },
  },
  {
    slug: 'sdks',
    claim:
      'Nine official SDKs run a real script through the proxy, with reads, pages, writes and an error, and hold no token of a provider; each write is one pair of lines in the audit log; a write whose answer is lost is made once, and no SDK repeats it.',
    ci: { size: '9 SDKs' },
    full: { size: '9 SDKs' },
    run: { vitest: ['test/sdks/sdks.test.ts'] },
  },
  {
    slug: 'stripe-cli',
    claim:
      "Stripe's own command line triggers checkout.session.completed, payment_intent.succeeded and invoice.paid at the simulated Stripe, and its listen forwards them to the intake, which verifies their signature and refuses another secret.",
    ci: { size: '3 events', env: { FAIRLEAD_TEST_FETCH: 'yes' } },
    full: { size: '3 events', env: { FAIRLEAD_TEST_FETCH: 'yes' } },
    run: { vitest: ['test/sdks/stripe-cli.test.ts'] },
  },
  {
    slug: 'one-refresh',
    claim:
      'However many callers in three processes meet an expired token, over SQLite or PostgreSQL, with a refresh token that is good for one use and a provider that takes up to 25 s: one token request an expiry, no failed call; whoever renews and is killed between the answer and the commit leaves a connection that works or says how to connect it again, never a loop of refused calls. The same in virtual time.',
    ci: {
      size: '200 callers, 2 expiries, 3 kills a store, answers after 0.1 to 2.5 s',
      env: { FAIRLEAD_REFRESH_CALLERS: '200', FAIRLEAD_REFRESH_EXPIRIES: '2', FAIRLEAD_REFRESH_KILLS: '3' },
    },
    full: {
      size: '200 callers, 10 expiries, 100 kills a store, answers after 0.1 to 25 s',
      env: { FAIRLEAD_REFRESH_CALLERS: '200', FAIRLEAD_REFRESH_EXPIRIES: '10', FAIRLEAD_REFRESH_KILLS: '100' },
    },
    run: { vitest: ['test/oauth/one-refresh.test.ts'], node: 'test/proofs/one-refresh.mjs' },
  },
  {
    slug: 'flows',
    claim:
      'Connecting passes against oidc-provider, oauth2-mock-server and the simulated authorization servers of all seven providers, in a real browser, too; a denial, a state that was used, another browser and a link that is over make no connection and say so.',
    ci: {
      size: '7 providers, 2 independent servers, Chromium',
      env: { FAIRLEAD_BROWSER_PROVIDERS: 'all' },
    },
    full: {
      size: '7 providers, 2 independent servers, Chromium',
      env: { FAIRLEAD_BROWSER_PROVIDERS: 'all' },
    },
    run: { vitest: ['test/oauth/flows.test.ts', 'test/oauth/independent.test.ts', 'test/oauth/browser.test.ts'] },
  },
  {
    slug: 's-tests',
    claim:
      'Each requirement on OAuth, sign-in, tokens, sessions, pages and tenants (S-401 to S-411, S-501 to S-506, S-701 to S-708) has a test that carries its number, and all of them pass.',
    ci: { size: 'every test that carries a number' },
    full: { size: 'every test that carries a number' },
    run: { node: 'test/proofs/requirements.mjs' },
  },
  {
    slug: 'read-only-google',
    claim:
      'A Google connection that was made in a browser with only drive.readonly and spreadsheets.readonly reads a CSV file, is renewed when its token ends in the middle, and refuses a write by the name of the scope that it lacks, with nothing sent.',
    ci: { size: 'once, in Chromium' },
    full: { size: 'once, in Chromium' },
    run: { vitest: ['test/oauth/browser.test.ts'] },
  },
  {
    slug: 'no-token-leak',
    claim:
      'No token, code, verifier or client secret of the flows with seven providers, and no token, code or cookie of people who sign in, is in an address beyond the callback itself and the fragment that was chosen, in a page, a referer, the log, an error, the audit log or an answer, even where the provider repeats it.',
    ci: {
      size: '7 providers, each connected, refused, pasted and ended; 2 to sign in with, 5 ways',
      env: { FAIRLEAD_BROWSER_PROVIDERS: 'all' },
    },
    full: {
      size: '7 providers, each connected, refused, pasted and ended; 2 to sign in with, 5 ways',
      env: { FAIRLEAD_BROWSER_PROVIDERS: 'all' },
    },
    run: {
      vitest: ['test/oauth/no-token-leak.test.ts', 'test/login/no-token-leak.test.ts', 'test/oauth/browser.test.ts'],
    },
  },
  {
    slug: 'token-answers',
    claim: 'Each of more than 40 answers of token endpoints leads to its state and to words that a person understands.',
    ci: { size: '48 answers, 7 providers' },
    full: { size: '48 answers, 7 providers' },
    run: { vitest: ['test/oauth/token-answers.test.ts'] },
  },
  {
    slug: 'workflows',
    claim:
      'Release notes, billing, triage, a change of plan and the report of the audit log work end to end against simulated providers, as library, command and project, and twice in a row come to the same end; ten billing events, once, twice, in every order tried, before the redirect and in a wrong currency, come to the same end with one dunning mail.',
    ci: { size: '12 orders of the ten events', env: { FAIRLEAD_BILLING_ORDERS: '12' } },
    full: { size: '200 orders of the ten events', env: { FAIRLEAD_BILLING_ORDERS: '200' } },
    run: { vitest: ['test/workflows'] },
  },
  {
    slug: 'authorization-server',
    claim:
      'A program gets tokens only by PKCE, at an address of its own document, after a person with a role has agreed on our page in their own browser; each token opens one resource, as an agent, never beyond consent and role; a code or refresh token that comes twice ends its family; the official client of the protocol and oauth4webapi go the whole way.',
    ci: { size: '60 attacks and flows' },
    full: { size: '60 attacks and flows' },
    run: { vitest: ['test/authorization-server'] },
  },
  {
    slug: 'secrets',
    claim:
      'Fifty planted secrets are in nothing that Fairlead says: no log, error, audit line, CLI output, REST answer.',
    ci: { size: '50 secrets' },
    full: { size: '50 secrets' },
    run: { node: 'test/proofs/secrets.mjs' },
  },
  {
    slug: 'package',
    claim:
      'What is published holds only what users need, under 3 MB, publint and attw find nothing in it, and installed without scripts into an empty directory it imports, examines itself and plays its demo.',
    ci: { size: 'this Node' },
    full: { size: 'this Node, Node 22 and Node 24' },
    run: { node: 'test/proofs/package.mjs' },
  },
];
