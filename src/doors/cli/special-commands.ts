/** The commands that are no plain projection of the operations table. @module */
import type { SpecialCommand } from './special-command.js';

const LISTEN_FLAGS = [
  ['--port <port>', 'port of the private listener (default 4650, FAIRLEAD_PORT; 0 takes a free one)'],
  ['--host <address>', 'address of the private listener (default 127.0.0.1)'],
  ['--no-wait', 'where another process has the data, end (74) instead of standing by'],
  ['--proxy <ports>', 'ports of their own for SDKs that keep no path: <provider>=<port>,... (FAIRLEAD_PROXY_PORTS)'],
] as const;

const AGENT_FLAGS = [
  ['--session <id>', 'of the agent: identical writes of one session are one (default: a fresh one)'],
  ['--on-behalf-of <person>', 'whom the agent works for; in the audit log, and only their connections are used'],
] as const;

const APPROVER_FLAGS = [
  ['--as <approver>', 'who decides (default: the only approver there is)'],
  ['--note <text>', 'why; kept with the decision'],
] as const;

const DELIVERY_FLAGS = [
  ['--provider <name>', 'whose signature it is (required)'],
  ['--headers <file>', 'the headers: a JSON object, or lines of "Name: value" (required)'],
  ['--body <file>', 'the body, byte for byte as it arrived (required)'],
  ['--now <seconds>', 'the time to check against, Unix seconds (default: now)'],
  ['--url <url>', 'the URL the provider called, where it signs that'],
  ['--method <method>', 'default POST'],
  ['--scheme <name>', 'which signature scheme, where the provider has several'],
  ['--tolerance <seconds>', 'how old or early a signed time may be'],
] as const;
const DELIVERY_SECRETS = [['--secret-file <file>', 'file with the secret or public key (required)']] as const;

export const SPECIAL_COMMANDS: readonly SpecialCommand[] = [
  {
    words: 'init',
    summary: 'Writes a configuration, one handler, its test and a list of variables into this folder',
    flags: [['--template <name>', 'webhook (default), release, billing, triage or audit']],
    examples: ['fairlead init', 'fairlead init --template billing'],
    load: async () => (await import('./init.js')).init,
  },
  {
    words: 'serve',
    summary: 'Receives webhooks, runs handlers and answers REST, until it is stopped',
    flags: [
      ...LISTEN_FLAGS,
      ['--role <role>', 'all, intake, worker or scheduler: what this node does (default all, FAIRLEAD_ROLE)'],
    ],
    examples: [
      'fairlead serve',
      'FAIRLEAD_PUBLIC_LISTEN=0.0.0.0:8080 fairlead serve',
      'FAIRLEAD_DATABASE_URL=postgres://db/fairlead fairlead serve --role worker',
    ],
    load: async () => (await import('./serve.js')).serve,
  },
  {
    words: 'dev',
    summary: 'The server with simulated providers and one source, to try things out',
    flags: LISTEN_FLAGS,
    examples: ['fairlead dev'],
    load: async () => (await import('./dev.js')).dev,
  },
  {
    words: 'sandbox',
    summary: 'Simulated providers on this machine: their addresses, what to set, and a page of what they received',
    arguments: [['[providers...]', 'which ones (default: all)']],
    flags: [['--port <port>', 'of the address they share; each gets one of its own after it (default: free ones)']],
    examples: ['fairlead sandbox', 'fairlead sandbox github stripe --port 4700'],
    load: async () => (await import('./sandbox.js')).sandbox,
  },
  {
    words: 'demo',
    summary:
      'The main job end to end, offline: deliveries, duplicates, forgeries, a kill in the middle, then each workflow',
    arguments: [['[workflow]', 'only release, billing, triage, plan or audit']],
    flags: [
      ['--keep', 'leave it running afterwards'],
      ['--seed <number>', 'the same order and the same moment of the kill again'],
    ],
    examples: ['fairlead demo', 'fairlead demo billing', 'fairlead demo --seed 7 --keep'],
    load: async () => (await import('./demo.js')).demo,
  },
  {
    words: 'release notes',
    summary: 'Drafts release notes from every commit since the last release; with --post a channel hears of it, once',
    arguments: [['<repository>', 'owner/name']],
    flags: [
      ['--post <channel>', "channel for the summary, e.g. '#releases'; webhook: the Incoming Webhook"],
      ['--since <reference>', 'tag, branch or commit (default: the last release)'],
      ['--head <reference>', 'branch or commit up to which (default: the main branch)'],
      ['--text-file <file>', 'what to post in place of the summary, e.g. as an agent rewrote it'],
    ],
    examples: ['fairlead release notes octo/widgets', "fairlead release notes octo/widgets --post '#releases' -n"],
    load: async () => (await import('./release-notes.js')).releaseNotes,
  },
  {
    words: 'triage plan',
    summary: 'Plans which rows of a support list become issues, by rules or by answers given for them',
    flags: [
      ['--sheet <id>', 'of a spreadsheet; with --range'],
      ['--range <range>', 'in A1 notation, its first row the names of the columns, e.g. Support!A:F'],
      ['--csv <file>', 'id of a CSV file beside the spreadsheets, in place of one'],
      ['--repository <repository>', 'owner/name, where the issues go (required)'],
      ['--rules <file>', 'JSON list of {category, words, issue, columns?, labels?}; the first that fits counts'],
      ['--answers <file>', 'JSON by row key of {category, issue, title?, labels?}; before every rule'],
      ['--key-column <name>', 'the column that names a row (default: id, key, ticket, ...)'],
      ['--connection <id>', 'the connection to read the list through'],
    ],
    examples: ['fairlead triage plan --sheet 1AbC... --range Support!A:F --repository octo/widgets --output plan.json'],
    load: async () => (await import('./workflow-commands.js')).triagePlan,
  },
  {
    words: 'triage apply',
    summary: 'Opens the issues of a plan; a row that has its issue gets no second one',
    arguments: [['<plan>', 'file that `triage plan --output` wrote']],
    flags: [['--hash <hash>', 'of the plan that was agreed to; another one is refused']],
    examples: ['fairlead triage apply plan.json -n', 'fairlead triage apply plan.json'],
    load: async () => (await import('./workflow-commands.js')).triageApply,
  },
  {
    words: 'plan preview',
    summary: 'Shows what a change of plan costs a subscriber; with --output to be applied later',
    arguments: [
      ['<subscription>', 'its id'],
      ['<price>', 'id of the new price'],
    ],
    flags: [
      ['--from <address>', 'who the confirmation is from (required)'],
      ['--to <address>', 'who gets it (default: the customer)'],
      ['--quantity <number>', 'default: as it is'],
      ['--bill <when>', 'with_next_invoice (default), now or not_at_all'],
    ],
    examples: ['fairlead plan preview sub_1 price_2 --from billing@acme.example --output change.json'],
    load: async () => (await import('./workflow-commands.js')).planPreview,
  },
  {
    words: 'plan apply',
    summary: 'Changes the plan as it was shown, and writes the customer the amount that was shown',
    arguments: [['<change>', 'file that `plan preview --output` wrote']],
    examples: ['fairlead plan apply change.json -n', 'fairlead plan apply change.json'],
    load: async () => (await import('./workflow-commands.js')).planApply,
  },
  {
    words: 'audit report',
    summary: 'Counts entries of the audit log by fields, and explains one of them',
    arguments: [['[query]', 'terms, as for audit search']],
    flags: [
      ['--by <fields>', 'of actor, provider, action, target, status, day, with commas (default action,status)'],
      ['--explain <id>', 'of an entry, a call, an event or a job; last: the newest that was found'],
    ],
    examples: [
      'fairlead audit report since=24h --by provider,status',
      'fairlead audit report status=denied --explain last',
    ],
    load: async () => (await import('./workflow-commands.js')).auditReport,
  },
  {
    words: 'mcp stdio',
    summary: 'Tools for one agent on stdin and stdout; asks the server that runs, or works without one',
    flags: [...AGENT_FLAGS, ['--read-only', 'whatever changes something is neither shown nor done']],
    examples: ['fairlead mcp stdio', 'fairlead mcp stdio --read-only --on-behalf-of ada'],
    load: async () => (await import('./mcp.js')).mcpStdio,
  },
  {
    words: 'mcp serve',
    summary: 'The server, and where its tools for agents are: /mcp on the private listener',
    flags: LISTEN_FLAGS,
    examples: ['fairlead mcp serve'],
    load: async () => (await import('./mcp.js')).mcpServe,
  },
  {
    words: 'mcp tools',
    summary: 'Lists the tools that an agent sees at once',
    flags: [
      ['--tokens', 'what each costs before the model: name, description and input schema, and whole (estimated)'],
    ],
    examples: ['fairlead mcp tools --tokens'],
    load: async () => (await import('./mcp.js')).mcpTools,
  },
  {
    words: 'mcp call',
    summary: 'Calls one tool as an agent would',
    arguments: [
      ['<tool>', 'its name, e.g. audit_search'],
      ['[json]', 'its arguments, a JSON object'],
    ],
    flags: AGENT_FLAGS,
    examples: [`fairlead mcp call actions_search '{"query":"create issue"}'`],
    load: async () => (await import('./mcp.js')).mcpCall,
  },
  {
    words: 'agent setup',
    summary: 'Tells the client of an agent about Fairlead: server, permissions, instructions; beside what is there',
    flags: [
      ['--http', 'over HTTP with the key in FAIRLEAD_API_KEY, instead of stdio without a key'],
      ['--print', 'show the files as they would be, and write nothing'],
      ['--undo', 'take out again what was put in'],
    ],
    repeatable: [['--client <name>', 'claude-code (default), claude-desktop, cursor, vscode or codex']],
    examples: [
      'fairlead agent setup --yes',
      'fairlead agent setup --client cursor --print',
      'fairlead agent setup --undo --yes',
    ],
    load: async () => (await import('./agent-kit/setup.js')).agentSetup,
  },
  {
    words: 'agent hook',
    summary: 'Looks at a tool call of Claude Code (JSON on stdin) before it runs, and refuses what must not be made',
    examples: ['fairlead agent hook < event.json'],
    load: async () => (await import('./agent-kit/call-check.js')).agentHook,
  },
  {
    words: 'connection connect',
    summary: 'Connects an account at a provider: prints the address to open, or takes the code from the terminal',
    arguments: [['<provider>', 'whose account, e.g. slack']],
    flags: [
      ['--paste', 'without a browser on this machine: paste the address that one elsewhere ends at'],
      ['--reconnect <id>', 'the connection to connect again; with --scope or --action it is widened'],
      ['--user <person>', 'the person it belongs to (default: everybody of the tenant)'],
      ['--label <text>', 'what you call it'],
    ],
    repeatable: [
      ['--scope <scope>', "a scope to ask for, in the provider's words"],
      ['--action <name>', 'an action it shall be good for (default: all that only read)'],
    ],
    examples: ['fairlead connection connect slack', 'fairlead connection connect github --paste'],
    load: async () => (await import('./connect.js')).connect,
  },
  {
    words: 'webhooks verify',
    summary: 'Checks the signature of a delivery that lies in files; needs no server and no store',
    flags: DELIVERY_FLAGS,
    repeatable: DELIVERY_SECRETS,
    examples: [
      'fairlead webhooks verify --provider stripe --secret-file secret.txt --headers headers.json --body body.json',
    ],
    load: async () => (await import('./webhooks-verify.js')).webhooksVerify,
  },
  {
    words: 'webhooks diagnose',
    summary: 'Says why the signature of a delivery is refused, likeliest cause first',
    flags: DELIVERY_FLAGS,
    repeatable: DELIVERY_SECRETS,
    examples: [
      'fairlead webhooks diagnose --provider github --secret-file secret.txt --headers headers.txt --body body.json',
    ],
    load: async () => (await import('./webhooks-verify.js')).webhooksDiagnose,
  },
  {
    words: 'request',
    summary: 'A request to a provider in its own words, with the limits, rules and records of every call',
    arguments: [['<words...>', 'a provider, a method and a path, or an address; JSON behind it is the body']],
    flags: [
      ['-X, --method <method>', 'GET, POST, PUT, PATCH or DELETE (default: POST with a body, else GET)'],
      ['--body <file>', 'file with the body; - is stdin'],
      ['--data <json>', 'JSON as the body'],
      ['--content-type <type>', 'of --body'],
      ['--connection <id>', 'the connection to go through; env:<provider> for a variable'],
    ],
    repeatable: [
      ['-H, --header <line>', 'a further header, Name: value'],
      ['--form <pair>', 'a field of a form, name=value'],
    ],
    examples: [
      'fairlead request stripe GET /v1/customers?limit=3',
      'fairlead request stripe POST /v1/customers --form name=Ada -n',
      `fairlead request github POST /repos/acme/app/issues '{"title":"Broken"}'`,
      'fairlead request https://api.github.com/user',
    ],
    load: async () => (await import('./request.js')).request,
  },
  {
    words: 'contacts import',
    summary: 'Adds the contacts of a CSV file to the mailing lists, part by part; killed, it goes on where it was',
    arguments: [['[file]', 'its first row names the columns: email, first_name, ...; - is stdin (default)']],
    flags: [
      ['--batch <number>', 'contacts of one request (default and most: 30000)'],
      ['--connection <id>', 'the connection to go through'],
    ],
    repeatable: [['--list <id>', 'a list that they go into']],
    examples: ['fairlead contacts import people.csv', 'fairlead contacts import people.csv --batch 500 -n'],
    load: async () => (await import('./contacts-import.js')).contactsImport,
  },
  {
    words: 'connector new',
    summary: 'Writes a connector of your own into this folder: actions, errors, limits, webhooks, examples and a test',
    arguments: [['<name>', 'of the provider, a lower-case word']],
    examples: ['fairlead connector new weather'],
    load: async () => (await import('./connector-new.js')).connectorNew,
  },
  {
    words: 'connector check',
    summary: 'Plays the suite that every connector passes on one of yours; needs no server',
    arguments: [['<path>', 'its folder, or the file that exports `connector`']],
    examples: ['fairlead connector check connectors/weather'],
    load: async () => (await import('./connector-check.js')).connectorCheck,
  },
  {
    words: 'spec add',
    summary: "Keeps a provider's official API description for `spec search`, in place of the one it had",
    arguments: [
      ['<provider>', 'whose API it describes, e.g. github'],
      ['<file>', 'OpenAPI 3 or Swagger 2, JSON (up to 25 MiB) or YAML (up to 4 MiB); - is stdin'],
    ],
    examples: ['fairlead spec add github openapi.json'],
    load: async () => (await import('./spec-add.js')).specAdd,
  },
  {
    words: 'audit tail',
    summary: 'Shows the last entries of the audit log, and with --follow each new one',
    arguments: [['[query]', 'terms, e.g. provider=slack status!=succeeded since=24h, or an id']],
    flags: [
      ['--last <number>', 'how many of the entries that are there already (default 20)'],
      ['-f, --follow', 'wait for more, over restarts of the server'],
    ],
    examples: ['fairlead audit tail -f', 'fairlead audit tail status=denied --json'],
    load: async () => (await import('./audit-tail.js')).auditTail,
  },
  {
    words: 'audit prove',
    summary: 'Makes a proof file that one entry is in the log, to be checked offline',
    arguments: [['<id>', 'of the entry']],
    examples: ['fairlead audit prove aud_01... --output entry.proof'],
    load: async () => (await import('./audit-prove.js')).auditProve,
  },
  {
    words: 'audit verify',
    summary: 'Recomputes every leaf and root and checks the signatures, of the log or of an export',
    flags: [
      ['--file <file>', 'an export, a proof, or the file at AUDIT_LOG_PATH, instead of the log'],
      ['--checkpoint <file>', 'a checkpoint that you kept elsewhere (default: FILE.checkpoint, else the newest)'],
      ['--public-key <file>', 'the key that signed it (default: the one of this installation)'],
    ],
    examples: [
      'fairlead audit verify',
      'fairlead audit verify --file audit.ndjson --checkpoint audit.ndjson.checkpoint --public-key audit.pub',
    ],
    load: async () => (await import('./audit-verify.js')).auditVerify,
  },
  {
    words: 'policy check',
    summary: 'Checks the policy of this folder and runs its examples; needs no server',
    examples: ['fairlead policy check'],
    load: async () => (await import('./policy-check.js')).policyCheck,
  },
  {
    words: 'approval approve',
    summary: 'Agrees to a call, which is then sent at once; asks for the passphrase at the terminal',
    arguments: [['<id>', 'of the approval']],
    flags: APPROVER_FLAGS,
    examples: ['fairlead approval approve apr_01...'],
    load: async () => (await import('./approval.js')).approve,
  },
  {
    words: 'approval reject',
    summary: 'Says no to a call; asks for the passphrase at the terminal',
    arguments: [['<id>', 'of the approval']],
    flags: APPROVER_FLAGS,
    examples: ['fairlead approval reject apr_01... --note "wrong channel"'],
    load: async () => (await import('./approval.js')).reject,
  },
  {
    words: 'approver add',
    summary: 'Enrols a person who may approve, by a passphrase that is typed; after the first, an approver vouches',
    arguments: [['<name>', 'of the person']],
    flags: [['--as <approver>', 'who vouches for it']],
    examples: ['fairlead approver add ada'],
    load: async () => (await import('./approval.js')).addApprover,
  },
  {
    words: 'approver remove',
    summary: 'Ends that a person may approve; an approver vouches for it',
    arguments: [['<name>', 'of the person']],
    flags: [['--as <approver>', 'who vouches for it']],
    examples: ['fairlead approver remove ada'],
    load: async () => (await import('./approval.js')).removeApprover,
  },
  {
    words: 'status',
    summary: 'Shows what runs, how much waits, and how large the store is',
    load: async () => (await import('./status.js')).status,
  },
  {
    words: 'doctor',
    summary: 'Checks everything that can be checked, with or without a server, and says what to do',
    flags: [['--go-live', 'also what should hold before Fairlead acts on real accounts']],
    examples: ['fairlead doctor', 'fairlead doctor --json', 'fairlead doctor --go-live'],
    load: async () => (await import('./doctor.js')).doctor,
  },
  {
    words: 'backup',
    summary: 'Writes a consistent copy of the store while it runs',
    arguments: [['[path]', 'folder to make (default fairlead-backup-<time>)']],
    flags: [
      ['--with-keys', 'with the keys, sealed by a passphrase'],
      ['--passphrase-file <file>', 'file with the passphrase'],
      ['--passphrase-stdin', 'read the passphrase from stdin'],
    ],
    examples: [
      'fairlead backup',
      'fairlead backup /mnt/backups/monday --with-keys --passphrase-file /run/secrets/backup',
    ],
    load: async () => (await import('./backup.js')).backup,
  },
  {
    words: 'restore',
    summary: 'Puts a backup into the place of the data directory; nothing may run there',
    arguments: [['<path>', 'folder that `fairlead backup` made']],
    flags: [
      ['--passphrase-file <file>', 'file with the passphrase'],
      ['--passphrase-stdin', 'read the passphrase from stdin'],
    ],
    examples: ['fairlead restore fairlead-backup-2026-01-31'],
    load: async () => (await import('./restore.js')).restore,
  },
  {
    words: 'db status',
    summary: 'Shows the database under the store: driver, schema, size, counts, who serves from it, the audit trees',
    examples: ['fairlead db status --json'],
    load: async () => (await import('./db.js')).dbStatus,
  },
  {
    words: 'db migrate',
    summary: 'Brings the database to the schema of this program; a start does the same',
    examples: ['fairlead db migrate --dry-run', 'fairlead db migrate'],
    load: async () => (await import('./db.js')).dbMigrate,
  },
  {
    words: 'db move',
    summary: 'Copies the whole store into an empty one of another kind, and compares both; nothing may run meanwhile',
    flags: [
      [
        '--to <place>',
        'postgres://user@host/database, sqlite:PATH, or env:NAME of a variable that holds one (required)',
      ],
      ['--nodes-stopped', 'no node runs, although the server still shows traces of one'],
    ],
    examples: [
      'fairlead db move --to postgres://fairlead@db.example/fairlead --dry-run',
      'fairlead db move --to env:NEW_DATABASE_URL',
      'fairlead db move --to sqlite:.fairlead/fairlead.db',
    ],
    load: async () => (await import('./db.js')).dbMove,
  },
  {
    words: 'version',
    summary: 'Prints the versions of Fairlead, Node and the database engine',
    load: async () => (await import('./version.js')).version,
  },
  {
    words: 'commands',
    summary: 'Lists every command with its flags; --json for programs',
    load: async () => (await import('./command-list.js')).commands,
  },
  {
    words: 'completion',
    summary: 'Prints the completion script of a shell',
    arguments: [['<shell>', 'bash, zsh or fish']],
    examples: [
      'fairlead completion bash > ~/.local/share/bash-completion/completions/fairlead',
      'fairlead completion fish > ~/.config/fish/completions/fairlead.fish',
    ],
    load: async () => (await import('./completion.js')).completion,
  },
];
