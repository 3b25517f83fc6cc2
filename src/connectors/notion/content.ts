/**
 * What stands on a page: texts as paragraphs, or blocks in the form of Notion.
 *
 * @source developers.notion.com/reference/request-limits (100 blocks in a request, 2,000 characters in a text)
 * @module
 */
import { z } from 'zod';

const BLOCKS_MAX = 100;
const TEXT_CHARACTERS_MAX = 2_000;

export const content = {
  text: z.string().min(1).max(100_000).optional().describe('plain text; an empty line begins a paragraph'),
  blocks: z
    .array(z.record(z.string(), z.unknown()))
    .min(1)
    .max(BLOCKS_MAX)
    .optional()
    .describe('in the form of Notion, instead of text'),
};

export interface Content {
  text?: string | undefined;
  blocks?: readonly Readonly<Record<string, unknown>>[] | undefined;
}

export const isOne = ({ text, blocks }: Content): boolean => text === undefined || blocks === undefined;
export const ONE_ONLY = { error: 'say text or blocks, not both', path: ['blocks'] };
export const isShort = ({ text }: Content): boolean => text === undefined || paragraphsOf(text).length <= BLOCKS_MAX;
export const TOO_LONG = { error: `Notion takes at most ${BLOCKS_MAX} paragraphs at once`, path: ['text'] };

const paragraphsOf = (text: string): string[] => text.split(/\n\s*\n/).filter((one) => one.trim() !== '');

export function blocksOf({ text, blocks }: Content): readonly unknown[] | undefined {
  if (text === undefined) return blocks;
  return paragraphsOf(text).map((paragraph) => ({
    type: 'paragraph',
    paragraph: { rich_text: piecesOf(paragraph).map((piece) => ({ type: 'text', text: { content: piece } })) },
  }));
}

/** In pieces that Notion takes; no character is cut in two. */
function piecesOf(text: string): string[] {
  const pieces = [''];
  for (const character of text) {
    if (pieces.at(-1)!.length + character.length > TEXT_CHARACTERS_MAX) pieces.push('');
    pieces[pieces.length - 1] += character;
  }
  return pieces;
}
