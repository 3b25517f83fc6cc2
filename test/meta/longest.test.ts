/**
 * The tail: the ten longest functions and files, printed at every run. Sizes are examples, not limits; what is longer
 * than the limits below needs a line `// long because: ...` (a table or a specification has one).
 */
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { textOf, treeFiles } from './tree.js';

const FUNCTION_LINES_MAX = 70;
const FILE_LINES_MAX = 500;
const REASON = /\/\/ long because: .+/;

interface Piece {
  where: string;
  lines: number;
  /** Its own text, comments in front of it included. */
  text: string;
}

function functionsOf(path: string, source: string): Piece[] {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.ES2023, true);
  const found: Piece[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body) {
      const first = file.getLineAndCharacterOfPosition(node.getStart(file)).line;
      const last = file.getLineAndCharacterOfPosition(node.getEnd()).line;
      found.push({
        where: `${path}:${first + 1} ${nameOf(node)}`,
        lines: last - first + 1,
        text: node.getFullText(file),
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function nameOf(node: ts.SignatureDeclaration): string {
  if (node.name) return node.name.getText();
  return ts.isVariableDeclaration(node.parent) || ts.isPropertyAssignment(node.parent)
    ? node.parent.name.getText()
    : 'a function';
}

const print = (title: string, pieces: Piece[]): void => {
  const longest = pieces.toSorted((a, b) => b.lines - a.lines).slice(0, 10);
  console.log([title, ...longest.map(({ lines, where }) => `${String(lines).padStart(6)} ${where}`)].join('\n'));
};
const unexplained = (pieces: Piece[], max: number): string[] =>
  pieces.filter(({ lines, text }) => lines > max && !REASON.test(text)).map(({ lines, where }) => `${where}: ${lines}`);

describe('the tail', () => {
  const sources = treeFiles(/^src\/.*\.ts$/).filter((path) => !/\.(test|generated|d)\.ts$/.test(path));

  it('of functions can be defended', () => {
    const functions = sources.flatMap((path) => functionsOf(path, textOf(path)));
    print('the longest functions', functions);
    expect(unexplained(functions, FUNCTION_LINES_MAX)).toEqual([]);
  });

  it('of files can be defended', () => {
    const files = sources.map((path) => ({
      where: path,
      lines: textOf(path).split('\n').length - 1,
      text: textOf(path),
    }));
    print('the longest files', files);
    expect(unexplained(files, FILE_LINES_MAX)).toEqual([]);
  });
});
