/**
 * The lanes: who may import whom. Imports point downwards only, folders meet at their index.ts, there are no cycles.
 *
 *     doors                               translate only
 *     workflows                           on operations alone
 *     operations                          the one table
 *     receive  deliver  sync  health      product
 *     auth  outbound                      middle
 *     jobs  audit  policy                 base
 *     core                                words, pure functions, ports
 *     storage/*  host  connectors/*  sandbox     know core; plugged in by compose.ts alone
 *
 * `npm run check` runs this; test/meta/lanes.test.ts plants violations and sees that each rule catches its own. The
 * `comment` of a rule is what somebody reads who was refused. Which modules of Node and which packages a place may use
 * is said here, too; which globals, in .oxlintrc.json.
 */
const BASE = 'jobs|audit|policy';
const MIDDLE = 'auth|outbound';
const PRODUCT = 'receive|deliver|sync|health';
const FEATURES = `${BASE}|${MIDDLE}|${PRODUCT}`;
const PLUGGED = 'storage|host|connectors|sandbox';

/** Tests stand outside the lanes: a test of receive/ may use the real store. Cycles and orphans count for them, too. */
const TEST = '\\.test\\.ts$';
/** What runs in a worker thread is the composition root of its thread. */
const THREAD_ENTRY = '-thread\\.ts$';
const CONFIG = '^src/(config|config-file|policy-file|define)\\.ts$|^src/config/';
const LISTS = '^src/connectors/[^/]+\\.generated\\.ts$';
/** What puts the parts together; the demo is a program of its own. */
/** What puts the parts together at the root of src/. */
const COMPOSERS = '^src/(compose|declared-sources|open-parts)\\.ts$';
const ROOTS = '^src/(main|compose|open-parts)\\.ts$|^src/(compose|demo)/';

/** What runs a job must not load the whole table with its schemas before the intake listens (ADR 0007). */
const LAZY = '^src/operations/steps\\.ts$';
/** The programs: ours, and the demo that starts ours and looks at it from outside. */
const PROGRAMS = '^src/(main\\.ts$|demo/)';

/** Modules of Node that compute and do nothing else. Each other one has its place, see the rules at the end. */
const PURE = 'assert|async_hooks|buffer|crypto|events|path|stream|string_decoder|url|util|zlib';

const rule = (name, comment, from, to) => ({ name, severity: 'error', comment, from, to });

/** `folder` may import from src/ only what `allowed` lists (folders of src/, or patterns for single files). */
const lane = (name, comment, folder, allowed) =>
  rule(
    name,
    comment,
    { path: `^src/(${folder})/`, pathNot: [TEST, THREAD_ENTRY] },
    { path: '^src/', pathNot: allowed.map((entry) => `^src/${entry}`) },
  );

/** The modules of Node that touch the world, but for the one place that needs this one. */
const builtin = (name, comment, module, place) =>
  rule(
    name,
    comment,
    { path: '^src/', pathNot: [TEST, '^src/host/', PROGRAMS, place] },
    { dependencyTypes: ['core'], dependencyTypesNot: ['type-only'], path: `^(node:)?${module}(/|$)` },
  );

/** One package, one place: what it can do is done there, and a change of library stays there. */
const home = (name, comment, places, packages) =>
  rule(
    name,
    comment,
    { path: '^src/', pathNot: [TEST, `^src/(${places})(/|\\.ts$)`] },
    { path: `(^|node_modules/)(${packages.join('|')})(/|$)` },
  );

module.exports = {
  forbidden: [
    rule(
      'no-cycles',
      'Two files in a cycle, even a type-only one, can only be understood together: make them one, or cut.',
      {},
      { circular: true },
    ),
    rule(
      'no-orphans',
      'A file that nothing imports and that is no entry is dead.',
      {
        orphan: true,
        path: '^src/',
        pathNot: [
          '^src/(main|index|client|connector|verify|mail)\\.ts$',
          '^src/testing/index\\.ts$',
          '\\.d\\.ts$',
          TEST,
          THREAD_ENTRY,
        ],
      },
      {},
    ),
    rule(
      'everything-resolves',
      'An import that does not resolve fails at the customer.',
      {},
      { couldNotResolve: true },
    ),
    rule(
      'no-development-packages',
      'What the shipped code imports must be in dependencies.',
      { path: '^src/', pathNot: TEST },
      { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    ),
    rule(
      'tests-stay-out',
      'Shipped code does not depend on tests.',
      { path: '^src/', pathNot: TEST },
      { path: `^test/|${TEST}` },
    ),

    lane('core-knows-only-core', 'core/ is the vocabulary everybody shares; it must make sense alone.', 'core', [
      'core/',
    ]),
    rule(
      'core-has-no-packages',
      'core/ is pure: of packages only canonicalize, of Node only node:crypto. Take a port, or move the code up.',
      { path: '^src/core/', pathNot: TEST },
      {
        dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'core'],
        pathNot: ['(^|node_modules/)canonicalize(/|$)', '^(node:)?crypto$'],
      },
    ),
    lane(
      'base-looks-down',
      'jobs, audit and policy are used by everything above; if they knew it, they could not be reused there.',
      BASE,
      ['core/', `(${BASE})/`],
    ),
    lane(
      'middle-looks-down',
      'auth and outbound serve the product folders and must not know which ones there are.',
      MIDDLE,
      ['core/', `(${BASE}|${MIDDLE})/`],
    ),
    lane(
      'product-looks-down',
      'A product folder offers functions; operations/ decides who may call them and how.',
      PRODUCT,
      ['core/', `(${FEATURES})/`],
    ),
    lane(
      'operations-look-down',
      'The table names what can be done. Doors read it, drivers are handed to it.',
      'operations',
      ['core/', `(${FEATURES}|operations)/`],
    ),
    lane(
      'workflows-use-operations',
      'A ready-made flow may do only what anybody can do through the table, with its policy and its audit.',
      'workflows',
      ['core/', 'operations/', 'workflows/'],
    ),
    lane('doors-only-translate', 'A door that reaches around operations/ reaches around policy and audit.', 'doors', [
      'core/',
      'operations/',
      'workflows/index\\.ts$',
      'doors/',
    ]),
    rule(
      'doors-do-not-meet',
      'HTTP, MCP, CLI and console say the same things independently; what two doors need belongs below.',
      { path: '^src/doors/([^/]+)/', pathNot: TEST },
      { path: '^src/doors/[^/]+/', pathNot: '^src/doors/$1/' },
    ),

    rule(
      'drivers-know-only-core',
      'A driver implements core/store.ts. If it knew a feature, the other driver would have to know it, too.',
      { path: '^src/storage/([^/]+)/', pathNot: [TEST, THREAD_ENTRY] },
      { path: '^src/', pathNot: ['^src/core/', '^src/storage/$1/'] },
    ),
    lane('host-knows-only-core', 'host/ implements the ports and nothing else.', 'host', ['core/', 'host/']),
    rule(
      'connectors-know-only-core',
      'A connector is data and pure functions about one provider: no other connector, no machinery.',
      { path: '^src/connectors/([^/]+)/', pathNot: TEST },
      { path: '^src/', pathNot: ['^src/core/', '^src/connectors/$1/'] },
    ),
    rule(
      'connectors-use-only-zod',
      'A connector cannot do I/O, and takes its cryptography from core/signature.',
      { path: '^src/connectors/', pathNot: TEST },
      { dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'core'], pathNot: '(^|node_modules/)zod(/|$)' },
    ),
    rule(
      'connector-lists-only-list',
      'The lists beside the connector folders name connectors and need nothing else.',
      { path: '^src/connectors/[^/]+$', pathNot: TEST },
      { path: '^src/', pathNot: ['^src/core/', '^src/connectors/'] },
    ),
    lane(
      'sandbox-knows-only-core',
      'A simulated provider is a second opinion: what it took from the connector it could not judge.',
      'sandbox',
      ['core/', 'sandbox/'],
    ),
    rule(
      'sandbox-providers-do-not-meet',
      'One folder a provider, each complete; the kit is for all and knows none.',
      { path: '^src/sandbox/([^/]+)/', pathNot: TEST },
      { path: '^src/sandbox/[^/]+/', pathNot: ['^src/sandbox/$1/', '^src/sandbox/kit/index\\.ts$'] },
    ),

    rule(
      'only-compose-wires',
      'Drivers, host, connectors and simulated providers are plugged in at one place, so that everything else runs without them.',
      {
        path: '^src/',
        pathNot: [
          ROOTS,
          `^src/(${PLUGGED}|testing)/`,
          '^src/(verify|mail|library-actions|client)\\.ts$',
          CONFIG,
          TEST,
          THREAD_ENTRY,
        ],
      },
      { path: `^src/(${PLUGGED})/` },
    ),
    rule(
      'threads-get-messages',
      'An entry of a thread may take the real clock, the log and the configuration; the rest comes to it as messages.',
      { path: `^src/([^/]+).*${THREAD_ENTRY}` },
      { path: '^src/', pathNot: ['^src/core/', '^src/host/', `^src/(${FEATURES})/index\\.ts$`, CONFIG, '^src/$1/'] },
    ),
    rule(
      'verify-needs-only-the-schemes',
      'fairlead/verify and fairlead/mail are bundled into other programs: core and the generated lists, no package.',
      { path: '^src/(verify|mail)\\.ts$' },
      { pathNot: ['^src/core/', LISTS] },
    ),
    rule(
      'client-and-kit-need-only-core',
      'fairlead/client and fairlead/connector are used without a server.',
      { path: '^src/(client|connector)\\.ts$|^src/client/', pathNot: TEST },
      // The types of the actions are generated, and all that is taken of the connectors.
      { path: '^src/', pathNot: ['^src/core/', '^src/client/', LISTS] },
    ),
    rule(
      'sendgrid-client-stands-alone',
      'fairlead/sendgrid is copied into programs that have nothing else of ours: no package, no module of Node.',
      { path: '^src/sendgrid/', pathNot: TEST },
      { pathNot: '^src/sendgrid/' },
    ),
    rule(
      'config-starts-nothing',
      'config.ts turns the environment and a file into one frozen value. It may know the words of the features it sets.',
      { path: CONFIG, pathNot: TEST },
      { path: '^src/', pathNot: ['^src/core/', `^src/(${FEATURES})/index\\.ts$`, LISTS, CONFIG] },
    ),
    rule(
      'roots-are-not-imported',
      'What starts or composes the program is not a library for its parts: pass the part in.',
      {
        path: '^src/',
        pathNot: ['^src/[^/]+\\.ts$', '^src/client/', ROOTS, '^src/testing/', CONFIG, TEST, THREAD_ENTRY],
      },
      {
        path: '^src/(main|index|compose|config|config-file|policy-file|define|client|connector|verify|mail|demo)(\\.ts$|/)',
      },
    ),
    rule(
      'testing-is-for-tests',
      'The kit is public, for tests; the program does not run on virtual time. The demo draws from its seeded chance; a connector is checked by its suite.',
      { path: '^src/', pathNot: ['^src/testing/', '^src/demo/', '^src/compose/check-connector\\.ts$', TEST] },
      { path: '^src/testing/' },
    ),
    rule(
      'testing-opens-no-door',
      'The kit drives the composed parts directly; doors are tested from outside.',
      { path: '^src/testing/', pathNot: TEST },
      { path: '^src/(doors|workflows)/|^src/(main|index)\\.ts$' },
    ),

    rule(
      'features-meet-at-index',
      'index.ts says what a folder offers; everything else in it can change without asking. Who composes may take one ' +
        'file, where the index would put packages on the start-up path (ADR 0007).',
      { path: '^src/([^/]+)', pathNot: [TEST, THREAD_ENTRY, COMPOSERS] },
      { path: `^src/(${FEATURES}|operations|workflows|host)/`, pathNot: ['^src/$1/', '^src/[^/]+/index\\.ts$', LAZY] },
    ),
    rule(
      'plugged-folders-meet-at-index',
      'As above, for a driver, a door, a simulated provider and a part of core.',
      { path: '^src/([^/]+)/?([^/]*)', pathNot: [TEST, THREAD_ENTRY] },
      { path: '^src/(storage|doors|sandbox|core)/[^/]+/', pathNot: ['^src/$1/$2/', '^src/[^/]+/[^/]+/index\\.ts$'] },
    ),

    rule(
      'the-world-is-touched-in-host',
      'Sockets, names, timers, the process and the machine are behind the ports of core/ports.ts. Types are free.',
      { path: '^src/', pathNot: [TEST, '^src/host/', PROGRAMS] },
      {
        dependencyTypes: ['core'],
        dependencyTypesNot: ['type-only'],
        pathNot: `^(node:)?((${PURE}|fs)(/|$)|(worker_threads|http|sqlite|module)$)`,
      },
    ),
    builtin(
      'files-live-in-host',
      'Beside host/, only the config file of the user is read.',
      'fs',
      '^src/(config|policy)-file\\.ts$|^src/compose/check-connector\\.ts$',
    ),
    builtin(
      'threads-start-in-host',
      'What a thread begins with may know that it is in one.',
      'worker_threads',
      THREAD_ENTRY,
    ),
    builtin('servers-listen-in-host', 'A simulated provider answers real HTTP.', 'http', '^src/sandbox/'),
    builtin(
      'optional-modules-have-a-place',
      'A driver takes the engine that this Node has; the configuration of the user is loaded by what this Node has.',
      'module',
      '^src/(storage/|(config|policy)-file\\.ts$)',
    ),
    builtin('engines-live-in-storage', 'Only a driver opens a database.', 'sqlite', '^src/storage/'),
    home(
      'sockets-live-in-host',
      'Sockets and addresses are behind the egress guard, the log is behind its port.',
      'host',
      ['undici', 'ipaddr\\.js', 'pino'],
    ),
    home('databases-live-in-storage', 'Only a driver speaks to a database.', 'storage', [
      '@photostructure/sqlite',
      'pg',
    ]),
    home('frameworks-live-in-doors', 'The framework of a door stays in the door.', 'doors', [
      'hono',
      '@hono/[^/]+',
      'commander',
      '@modelcontextprotocol/[^/]+',
      '@clack/prompts',
    ]),
    home('user-code-is-loaded-once', 'The code of the user is loaded at one place.', 'config-file|config|host', [
      'jiti',
    ]),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    // Newer than the oldest Node we run on; the driver asks for it and does without.
    builtInModules: { add: ['node:sqlite', 'sqlite'] },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
    exclude: { path: '^dist/' },
  },
};
