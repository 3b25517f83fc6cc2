/**
 * What Markdown claims about this repository: paths that exist.
 *
 * @module
 */
import { posix } from 'node:path';

/** The folders whose files are named in prose. A path elsewhere (`dist/`, `.fairlead/`) is made at run time. */
const FOLDERS = /^(\.ci|bench|console|docs|examples|scripts|src|test)\//;

/** Paths that a file names in `code` or links to, relative to the checkout; what is between fences is not prose. */
export function pathsIn(file: string, markdown: string): string[] {
  const prose = markdown.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, '').replaceAll(/<!--[\s\S]*?-->/g, '');
  const spans = [...prose.matchAll(/`([^`\s]+)`/g)].map(([, span = '']) => span.replace(/[:#]\d+$|[.,;:]$/, ''));
  const named = spans.filter((span) => FOLDERS.test(span));
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target.replace(/#.*$/, ''))
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
    .map((target) => posix.join(posix.dirname(file), target));
  return [...new Set([...named, ...links])];
}

/**
 * Whether a tree has such a path. `<provider>`, `*` and `...` stand for one or more names, `{a,b}` for each of them, a
 * slash at the end for a folder.
 */
export function exists(path: string, files: readonly string[]): boolean {
  return alternatives(path.replace(/\/$/, '')).every((one) => {
    const pattern = one
      .split(/(<[^>]+>|\*+|\.\.\.)/)
      .map((part, index) => (index % 2 === 1 ? '.+' : part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')))
      .join('');
    const sought = new RegExp(`^${pattern}(/|$)`);
    return files.some((file) => sought.test(file));
  });
}

function alternatives(path: string): string[] {
  const found = /\{([^}]+)\}/.exec(path);
  if (!found) return [path];
  return (found[1] ?? '').split(',').flatMap((choice) => alternatives(path.replace(found[0], choice.trim())));
}
