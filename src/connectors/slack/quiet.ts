/**
 * Text that notifies nobody and shows where its links lead. What a stranger wrote can end up in a message, and with it
 * `<!channel>` or a link in the clothes of another; so both take effect only where the caller says so.
 *
 * @source docs.slack.dev, "Formatting message text" (special mentions, links), from memory
 * @module
 */
import { isObject } from '../../core/json.js';

/** `<!channel>`, `<!here>`, `<!everyone>`, `<!subteam^...>`; a date notifies nobody. */
const SPECIAL = /<(!(?!date\^)[^<>]{1,200})>/g;
const LINK = /<(https?:\/\/[^|<>\s]{1,2000})\|([^<>]{1,300})>/gi;
/** What a reader takes for an address. */
const ADDRESS = /^\s*(?:https?:\/\/)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:[/:?#].*)?$/i;

/** A value with every text in it quiet; Block Kit elements that notify become their words. */
export function quiet<Value>(value: Value): Value {
  return quieted(value) as Value;
}

function quieted(value: unknown): unknown {
  if (typeof value === 'string') return quietText(value);
  if (Array.isArray(value)) return value.map(quieted);
  if (!isObject(value)) return value;
  const { type, range, usergroup_id: group, url, text } = value;
  if (type === 'broadcast') return { type: 'text', text: `@${String(range)}` };
  if (type === 'usergroup') return { type: 'text', text: `@${String(group)}` };
  if (type === 'link' && typeof url === 'string' && typeof text === 'string' && isMask(url, text)) {
    return { type: 'link', url };
  }
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, quieted(part)]));
}

function quietText(text: string): string {
  return text
    .replace(SPECIAL, '&lt;$1&gt;')
    .replace(LINK, (link, url: string, label: string) => (isMask(url, label) ? `${label} (<${url}>)` : link));
}

/** A label that reads as an address of another host than the one it leads to. */
function isMask(url: string, label: string): boolean {
  const shown = ADDRESS.exec(label)?.[1]?.toLowerCase();
  return shown !== undefined && URL.canParse(url) && new URL(url).hostname !== shown;
}
