/**
 * What the linter cannot express, found in the syntax tree: reading the clock through `Date`, reaching banned functions
 * by another name, plain errors, and loading modules in ways no import rule sees.
 *
 * `Date` and `Math` are checked from the other side: only the uses that are known to be harmless pass. An alias, a
 * destructuring or an index cannot slip through, because none of them is on the list.
 *
 * @module
 */
import ts from 'typescript';

export interface Finding {
  line: number;
  ban: Ban;
  text: string;
}

export type Ban =
  /** `new Date()`, `Date()`, or `Date` used as a value in any way that could lead to the current time. */
  | 'clock'
  /** `Math` used as a value in any way but `Math.name`, `name` not being `random`. */
  | 'chance'
  /** `throw new Error()` and its kin: callers can tell codes apart, not sentences. */
  | 'plain-error'
  /** `require`, `createRequire`, `import(<computed>)`, `import('node:crypto')`: what no import rule sees. */
  | 'hidden-module'
  /** `sleep(50)`, `delay(1_000)`: waiting for time. */
  | 'sleep'
  /** `it.skip`, `describe.only`, `test.todo`, `ctx.skip()` without a reason. */
  | 'switched-off';

const PLAIN_ERRORS = new Set([
  'Error',
  'TypeError',
  'RangeError',
  'SyntaxError',
  'EvalError',
  'ReferenceError',
  'URIError',
]);
const PURE_DATE_METHODS = new Set(['UTC', 'parse']);
const SLEEP_NAMES = new Set(['sleep', 'delay', 'wait', 'pause', 'setTimeout', 'setInterval']);
const RUNNERS = new Set(['it', 'test', 'describe', 'suite', 'bench']);
const SWITCHES = new Set(['skip', 'only', 'todo']);

/** Finds what `bans` lists in one file. `path` decides nothing; it only names the file for the parser. */
export function findBanned(path: string, source: string, bans: ReadonlySet<Ban>): Finding[] {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.ES2023, true);
  const findings: Finding[] = [];
  const visit = (node: ts.Node): void => {
    const ban = banOf(node);
    if (ban !== undefined && bans.has(ban)) {
      const line = file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;
      findings.push({ line, ban, text: source.split('\n')[line - 1]?.trim() ?? '' });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return findings;
}

function banOf(node: ts.Node): Ban | undefined {
  if (ts.isIdentifier(node)) return banOfName(node);
  if (ts.isThrowStatement(node)) return isPlainError(node.expression) ? 'plain-error' : undefined;
  if (ts.isPropertyAccessExpression(node)) {
    return SWITCHES.has(node.name.text) && RUNNERS.has(leftmost(node)) ? 'switched-off' : undefined;
  }
  if (!ts.isCallExpression(node)) return undefined;
  if (node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return isJudgedModule(node.arguments[0]) ? undefined : 'hidden-module';
  }
  if (isSleep(node)) return 'sleep';
  return isUnexplainedSkip(node) ? 'switched-off' : undefined;
}

function banOfName(node: ts.Identifier): Ban | undefined {
  if (!isValueUse(node)) return undefined;
  if (node.text === 'Date') return isHarmlessDate(node) ? undefined : 'clock';
  if (node.text === 'Math') return isHarmlessMath(node) ? undefined : 'chance';
  return node.text === 'createRequire' || node.text === 'require' ? 'hidden-module' : undefined;
}

/** An identifier that is read: no name of a property, no declaration, no type. */
function isValueUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent) && parent.name === node) return false;
  if (ts.isQualifiedName(parent) || ts.isTypeReferenceNode(parent) || ts.isTypeQueryNode(parent)) return false;
  if (ts.isExpressionWithTypeArguments(parent) && ts.isHeritageClause(parent.parent)) {
    return parent.parent.token === ts.SyntaxKind.ExtendsKeyword && !ts.isInterfaceDeclaration(parent.parent.parent);
  }
  if (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isPropertyDeclaration(parent)) {
    return parent.name !== node;
  }
  if (ts.isBindingElement(parent)) return parent.initializer === node;
  return !(ts.isMethodDeclaration(parent) || ts.isMethodSignature(parent));
}

/** `new Date(x)`, `Date.UTC(...)`, `Date.parse(x)`, `x instanceof Date`. */
function isHarmlessDate(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isNewExpression(parent) && parent.expression === node) {
    const [first] = parent.arguments ?? [];
    return first !== undefined && !ts.isSpreadElement(first) && !isUndefined(first);
  }
  if (ts.isPropertyAccessExpression(parent)) return PURE_DATE_METHODS.has(parent.name.text);
  return ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.InstanceOfKeyword;
}

function isHarmlessMath(node: ts.Identifier): boolean {
  return ts.isPropertyAccessExpression(node.parent) && node.parent.name.text !== 'random';
}

function isPlainError(thrown: ts.Expression): boolean {
  const made = ts.isNewExpression(thrown) || ts.isCallExpression(thrown) ? thrown.expression : thrown;
  if (ts.isStringLiteralLike(thrown) || ts.isTemplateExpression(thrown) || ts.isObjectLiteralExpression(thrown))
    return true;
  return made !== thrown && ts.isIdentifier(made) && PLAIN_ERRORS.has(made.text);
}

/** A module that the import rules see and judge: a path or name that is written down, but for the one whose names count. */
function isJudgedModule(argument: ts.Expression | undefined): boolean {
  return argument !== undefined && ts.isStringLiteralLike(argument) && !/^(node:)?crypto$/.test(argument.text);
}

/** A wait whose length is written down: `await sleep(50)`, `delay(1_000)`. Waiting on a virtual clock has an object. */
function isSleep({ expression, arguments: given }: ts.CallExpression): boolean {
  if (!ts.isIdentifier(expression) || !SLEEP_NAMES.has(expression.text)) return false;
  return given.some((argument) => ts.isNumericLiteral(argument) || ts.isBinaryExpression(argument));
}

/** `context.skip()`: the run says that a test was skipped, and must say why. */
function isUnexplainedSkip({ expression, arguments: given }: ts.CallExpression): boolean {
  const name = ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText();
  return name === 'skip' && given.length === 0;
}

/** `a.b.c` and `a.b(x).c` -> `a`. */
function leftmost(node: ts.Expression): string {
  if (ts.isPropertyAccessExpression(node) || ts.isCallExpression(node)) return leftmost(node.expression);
  return ts.isIdentifier(node) ? node.text : '';
}

function isUndefined(node: ts.Expression): boolean {
  return (ts.isIdentifier(node) && node.text === 'undefined') || ts.isVoidExpression(node);
}
