/**
 * Names in the code: the words that are not used for our things, and the names of providers outside their folders.
 *
 * Comments are free: "GitHub's delivery id is not signed" is a reason, and no program branches on it.
 *
 * @module
 */
import ts from 'typescript';

export interface Named {
  line: number;
  name: string;
  /** The word or provider that should not be there. */
  word: string;
}

/** Words of design that mean nothing in particular, or mean one of our things by another name. */
const FORBIDDEN = new Set(
  ['integration', 'hook', 'task', 'manager', 'service', 'helper', 'util', 'common', 'shared', 'misc'].flatMap(
    (word) => [word, `${word}s`],
  ),
);
/** A variable that teams set already; we honour it. */
const HONOURED = new Set(['INTEGRATION_ENV']);

/** Terms of cryptography. */
const TERMS = new Set(['shared key', 'shared secret']);

/** Provider folders that are ordinary words, too: these count only where they are a whole name. */
const ORDINARY_WORDS = new Set([
  'discord',
  'intercom',
  'linear',
  'notion',
  'paddle',
  'postmark',
  'resend',
  'square',
  'zoom',
]);
/** Folders of connectors that belong to no provider. */
const NOBODYS = new Set(['http', 'standard-webhooks']);

/** `retryDelayMs`, `RETRY_DELAY`, `retry-delay` -> retry, delay, ... */
export function wordsOf(name: string): string[] {
  const apart = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/([A-Z])([A-Z][a-z])/g, '$1 $2');
  return apart
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean);
}

/** The forbidden word in a name of ours, or in one segment of a path. */
export function forbiddenWord(name: string): string | undefined {
  if (HONOURED.has(name)) return undefined;
  const words = wordsOf(name);
  return words.find((word, index) => FORBIDDEN.has(word) && !TERMS.has(`${word} ${words[index + 1]}`));
}

/** Forbidden words among what a file declares, and in strings that are names (`job_task`, not a sentence). */
export function forbiddenNames(path: string, source: string): Named[] {
  return walk(path, source, (node) => {
    const isDeclared = ts.isIdentifier(node) && isDeclaredName(node);
    const isNameString =
      ts.isStringLiteralLike(node) && /^[\w.-]+$/.test(node.text) && !ts.isImportDeclaration(node.parent);
    const name = isDeclared || isNameString ? node.text : undefined;
    const word = name === undefined ? undefined : forbiddenWord(name);
    return name !== undefined && word !== undefined ? { name, word } : undefined;
  });
}

/**
 * Names of providers in identifiers, strings and patterns. Strings that show a command or an example to a person
 * (`fairlead trigger ...`, `e.g. ...`, `such as ...`) may use one.
 */
export function providerNames(path: string, source: string, providers: readonly string[]): Named[] {
  const written = source.toLowerCase().replaceAll('-', '');
  const named = providers.filter(
    (provider) => !NOBODYS.has(provider) && written.includes(provider.replaceAll('-', '')),
  );
  if (named.length === 0) return [];
  return walk(path, source, (node) => {
    if (ts.isImportDeclaration(node.parent) || ts.isExportDeclaration(node.parent)) return undefined;
    const text = ts.isIdentifier(node) || isText(node) ? node.getText() : undefined;
    if (text === undefined || (!ts.isIdentifier(node) && /^.fairlead |\be\.g\. |\bsuch as /.test(text)))
      return undefined;
    const word = named.find((provider) => mentions(text, provider, ts.isIdentifier(node)));
    return word === undefined ? undefined : { name: text.slice(0, 80), word };
  });
}

function mentions(text: string, provider: string, isIdentifier: boolean): boolean {
  if (ORDINARY_WORDS.has(provider)) {
    return isIdentifier ? wordsOf(text).join(' ') === provider : text.slice(1, -1).toLowerCase() === provider;
  }
  const sought = provider.replaceAll('-', '');
  return text.split(/\s+/).some((token) => {
    const words = wordsOf(token);
    return words.some((_, start) => words.slice(start).join('').startsWith(sought));
  });
}

function isText(node: ts.Node): boolean {
  return (
    ts.isStringLiteralLike(node) ||
    ts.isRegularExpressionLiteral(node) ||
    ts.isTemplateHead(node) ||
    ts.isTemplateMiddle(node) ||
    ts.isTemplateTail(node)
  );
}

function isDeclaredName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isBindingElement(parent)) return parent.name === node && parent.propertyName !== undefined;
  return (
    'name' in parent && parent.name === node && !ts.isPropertyAccessExpression(parent) && !ts.isMetaProperty(parent)
  );
}

function walk(path: string, source: string, look: (node: ts.Node) => Omit<Named, 'line'> | undefined): Named[] {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.ES2023, true);
  const found: Named[] = [];
  const visit = (node: ts.Node): void => {
    const named = look(node);
    if (named) found.push({ line: file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1, ...named });
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(file, visit);
  return found;
}
