/**
 * What `fairlead serve` needs for its first answer, in two files: server.js, and core.js with what the library shares.
 *
 * esbuild splits by who uses a module, which makes some thirty chunks of it, and each costs a round through the loader
 * of ES modules. So these modules are found first and bundled together; in every other build they are replaced by
 * re-exports from there. Each module is in one file only: an AppError is the same class for everybody.
 *
 * @module
 */
import { build } from 'esbuild';
import { basename, dirname, join, relative, resolve } from 'node:path';

const ENTRY = 'src/compose/start.ts';
const CORE = /^src\/core\//;
const FACADE = /^fairlead-bundle:/;
/** Packages that every start may load; all others are loaded when they are needed. */
const PACKAGES = ['canonicalize'];

/**
 * @param {object} options of esbuild, with `absWorkingDir`
 * @returns what the other builds need: `plugin` for those that share the modules, `late` for those that are alone and
 *   load the rest late, and `entries`, name -> source, of what is loaded late and has to be built beside them.
 */
export async function buildServer(options, outdir, named) {
  const root = options.absWorkingDir;
  const targets = lateTargets(root, { ...named, server: ENTRY });
  const shared = { ...options, bundle: true, metafile: true, packages: 'external' };
  const files = await closure(shared, targets.plugin);
  const bundles = new Map();
  for (const name of ['core', 'server']) {
    const own = files.filter(({ file }) => CORE.test(file) === (name === 'core'));
    const facades = facadesOf(root, bundles);
    const stdin = name === 'core' ? entryOf(root, own) : entryOf(root, own, [ENTRY]);
    const { metafile } = await build({
      ...shared,
      stdin,
      outfile: join(outdir, `${name}.js`),
      plugins: [facades, targets.plugin],
    });
    const stray = inputsOf(metafile).filter((file) => !files.some((known) => known.file === file));
    const heavy = [...new Set(packagesOf(metafile))].filter((path) => !PACKAGES.includes(path));
    if (heavy.length > 0) throw new Error(`${name}.js would load ${heavy.join(', ')} at every start; import it late`);
    if (stray.length > 0) throw new Error(`${name}.js would hold a second copy of ${stray.join(', ')}`);
    for (const { file, exports } of own) bundles.set(file, { name, exports });
  }
  return { plugin: facadesOf(root, bundles), late: targets.plugin, entries: targets.entries };
}

/**
 * Every start loads the library as well, when its configuration names it.
 *
 * @param {object} metafile of a build with code splitting
 * @param {string} entry `index.js`
 * @throws when it, or a chunk it imports, loads a package that every start would wait for
 */
export function checkLight({ outputs }, entry) {
  const byName = new Map(Object.entries(outputs).map(([file, output]) => [basename(file), output]));
  const reached = new Set([entry]);
  for (const name of reached) {
    for (const { kind, path } of byName.get(name)?.imports ?? []) {
      if (kind === 'import-statement' && byName.has(basename(path))) reached.add(basename(path));
    }
  }
  const own = Object.fromEntries([...reached].map((name) => [name, byName.get(name)]));
  const heavy = [...new Set(packagesOf({ outputs: own }))].filter((path) => !PACKAGES.includes(path));
  if (heavy.length > 0) throw new Error(`${entry} would load ${heavy.join(', ')} at every start; import it late`);
}

/** All modules of the entry that are left when it is bundled, with what they export. */
async function closure(shared, late) {
  let files = [];
  for (let count = -1; count !== files.length;) {
    count = files.length;
    const stdin = entryOf(shared.absWorkingDir, files, [ENTRY]);
    const { metafile } = await build({ ...shared, stdin, write: false, plugins: [late] });
    files = await withExports(shared, inputsOf(metafile));
  }
  return files;
}

const inputsOf = ({ outputs }) =>
  Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs)
      .filter(([file, { bytesInOutput }]) => bytesInOutput > 0 && file.startsWith('src/'))
      .map(([file]) => file),
  );

const packagesOf = ({ outputs }) =>
  Object.values(outputs).flatMap(({ imports }) =>
    imports
      .filter(({ external, kind, path }) => external && kind === 'import-statement' && !/^(node:|\.)/.test(path))
      .map(({ path }) => path),
  );

async function withExports(shared, files) {
  const { metafile } = await build({
    ...shared,
    entryPoints: files.map((file) => `./${file}`),
    outdir: 'unused',
    write: false,
    plugins: [
      {
        name: 'alone',
        setup: ({ onResolve }) =>
          onResolve({ filter: /.*/ }, ({ kind, path }) =>
            kind === 'entry-point' ? undefined : { path, external: true },
          ),
      },
    ],
  });
  return Object.values(metafile.outputs).map(({ entryPoint: file, exports }) => ({ file, exports }));
}

/** A module that exports everything of `files`, each name with its file's mark. */
function entryOf(root, files, whole = []) {
  const lines = [
    ...whole.map((file) => `export * from './${file}';`),
    ...files.map(({ file, exports }) => {
      const names = exports.map((name) => `${name} as ${marked(file, name)}`);
      return `export { ${names.join(', ')} } from './${file}';`;
    }),
  ];
  return { contents: lines.join('\n'), resolveDir: root, sourcefile: 'entry.ts', loader: 'ts' };
}

const marked = (file, name) => `${file.slice('src/'.length, -'.ts'.length).replaceAll(/[^A-Za-z0-9]/g, '_')}$${name}`;

/** Takes a bundled module from its bundle. */
function facadesOf(root, bundles) {
  return {
    name: 'facades',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: FACADE }, ({ path }) => ({
        path: `./${path.replace(FACADE, '')}.js`,
        external: true,
        sideEffects: false,
      }));
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const file = relative(root, path);
        const bundle = bundles.get(file);
        if (bundle === undefined) return undefined;
        const names = bundle.exports.map((name) => `${marked(file, name)} as ${name}`);
        return { contents: `export { ${names.join(', ')} } from 'fairlead-bundle:${bundle.name}';`, loader: 'ts' };
      });
    },
  };
}

/** What is imported dynamically stays outside, as a file of its own beside the bundle. */
function lateTargets(root, named) {
  const nameOf = new Map(Object.entries(named).map(([name, file]) => [file, name]));
  const entries = {};
  const plugin = {
    name: 'late',
    setup: ({ onResolve }) =>
      onResolve({ filter: /^\./ }, ({ kind, path, importer, resolveDir }) => {
        if (kind !== 'dynamic-import') return undefined;
        const file = relative(root, resolve(importer ? dirname(importer) : resolveDir, path)).replace(/\.js$/, '.ts');
        let name = nameOf.get(file);
        if (name === undefined) {
          name = file.slice('src/'.length, -'.ts'.length).replaceAll('/', '-');
          entries[name] = file;
        }
        return { path: `./${name}.js`, external: true };
      }),
  };
  return { plugin, entries };
}
