/**
 * What `fairlead serve` needs for its first answer, in two files: server.cjs, and core.cjs with what the library shares.
 *
 * esbuild splits by who uses a module, which makes some thirty chunks of it, and each costs a round through the loader
 * of ES modules. So these modules are found first and bundled together; in every other build they are replaced by
 * re-exports from there. Each module is in one file only: an AppError is the same class for everybody.
 *
 * The two are CommonJS, because only that can be run from compiled code (src/host/compiled-module.ts) on every Node we
 * support. server.js and core.js are their faces for ES modules.
 *
 * @module
 */
import { build } from 'esbuild';
import { writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import typescript from 'typescript';

/** What the program starts, and the library, which every configuration names. */
const ENTRIES = ['src/compose/start.ts', 'src/index.ts'];
const CORE = /^src\/core\//;
const FACADE = /^fairlead-bundle:/;
/** A package that every start may load: it is bundled, being an ES module. All others are loaded when they are needed. */
const BUNDLED = 'canonicalize';

/** What a bundle in CommonJS begins with. The `import` in it is for whoever requires the file without running a script. */
const BANNER =
  'const fileUrl=require("node:url").pathToFileURL(__filename).href,importLate=module.importLate??(name=>import(name));';

/** Options for a bundle in CommonJS, in which `import.meta.url` means the file itself. */
export const COMMONJS = { format: 'cjs', define: { 'import.meta.url': 'fileUrl' }, banner: { js: BANNER } };

/**
 * @param {object} options of esbuild, with `absWorkingDir`
 * @returns what the other builds need: `plugin` for those that share the modules, `late` for those that are alone and
 *   load the rest late, and `entries`, name -> source, of what is loaded late and has to be built beside them.
 */
export async function buildServer(options, outdir, named) {
  const root = options.absWorkingDir;
  const targets = lateTargets(root, named);
  const shared = { ...options, bundle: true, metafile: true, packages: 'external' };
  const files = await closure(shared, targets.plugin);
  const bundles = new Map();
  for (const name of ['core', 'server']) {
    const own = files.filter(({ file }) => CORE.test(file) === (name === 'core'));
    const stdin = name === 'core' ? entryOf(root, own) : entryOf(root, own, ENTRIES);
    const outfile = join(outdir, `${name}.cjs`);
    const plugins = [bundled, facadesOf(root, bundles, 'cjs'), targets.plugin];
    const { metafile, outputFiles } = await build({ ...shared, ...COMMONJS, stdin, outfile, plugins, write: false });
    writeFileSync(outfile, importingLate(outputFiles[0].text));
    const stray = inputsOf(metafile).filter((file) => !files.some((known) => known.file === file));
    const heavy = [...new Set(packagesOf(metafile))];
    if (heavy.length > 0) throw new Error(`${name}.cjs would load ${heavy.join(', ')} at every start; import it late`);
    if (stray.length > 0) throw new Error(`${name}.cjs would hold a second copy of ${stray.join(', ')}`);
    writeFileSync(
      join(outdir, `${name}.js`),
      faceOf(name, exportsOf(await build({ ...shared, stdin, outfile, plugins, write: false }))),
    );
    for (const { file, exports } of own) bundles.set(file, { name, exports });
  }
  return { plugin: facadesOf(root, bundles, 'js'), late: targets.plugin, entries: targets.entries };
}

/** A compiled script cannot import for itself: whoever runs it does, where somebody did. The banner stays as it is. */
function importingLate(text) {
  if (!text.startsWith(BANNER)) throw new Error('a bundle does not begin with its banner');
  const { createSourceFile, forEachChild, ScriptTarget, SyntaxKind } = typescript;
  let late = '';
  let from = 0;
  const visit = (node) => {
    if (node.kind === SyntaxKind.ImportKeyword && node.pos >= BANNER.length) {
      late += `${text.slice(from, node.end - 'import'.length)}importLate`;
      from = node.end;
    }
    forEachChild(node, visit);
  };
  visit(createSourceFile('bundle.cjs', text, ScriptTarget.Latest));
  return late + text.slice(from);
}

const exportsOf = ({ metafile }) => Object.values(metafile.outputs)[0].exports;

/** The ES module of a bundle: its exports, taken from the one instance of it. */
function faceOf(name, exports) {
  const names = exports.map((one) => `${one}=it.${one}`);
  return `import{createRequire}from"node:module";const it=createRequire(import.meta.url)("./${name}.cjs");export const ${names.join(',\n')};\n`;
}

/** Taken in, where every other package stays outside. */
const bundled = {
  name: 'bundled',
  setup({ onResolve }) {
    const path = fileURLToPath(import.meta.resolve(BUNDLED));
    onResolve({ filter: new RegExp(`^${BUNDLED}$`) }, () => ({ path }));
  },
};

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
  const heavy = [...new Set(packagesOf({ outputs: own }))];
  if (heavy.length > 0) throw new Error(`${entry} would load ${heavy.join(', ')} at every start; import it late`);
}

/** All modules of the entry that are left when it is bundled, with what they export. */
async function closure(shared, late) {
  let files = [];
  for (let count = -1; count !== files.length;) {
    count = files.length;
    const stdin = entryOf(shared.absWorkingDir, files, ENTRIES);
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
      .filter(({ external, kind, path }) => external && kind !== 'dynamic-import' && !/^(node:|\.)/.test(path))
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
function facadesOf(root, bundles, type) {
  return {
    name: 'facades',
    setup({ onLoad, onResolve }) {
      onResolve({ filter: FACADE }, ({ path }) => ({
        path: `./${path.replace(FACADE, '')}.${type}`,
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
