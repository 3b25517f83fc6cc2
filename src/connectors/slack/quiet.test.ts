import { describe, expect, it } from 'vitest';
import type { ActionDefinition } from '../../core/connector.js';
import { sendMessage, updateMessage } from './messages.js';
import { quiet } from './quiet.js';

const VIEW = { id: 'c', provider: 'slack', environment: 'live', credential: 'bearer' } as never;
const send = sendMessage as unknown as Pick<ActionDefinition<object, unknown>, 'request' | 'touches'>;
const update = updateMessage as unknown as typeof send;
const sent = (input: object): Record<string, unknown> =>
  (send.request({ channel: 'C1', ...input }, VIEW, 'm') as { json: Record<string, unknown> }).json;

describe('statement 18: a text notifies nobody and hides no link', () => {
  it.each([
    ['<!channel> and <!here>', '&lt;!channel&gt; and &lt;!here&gt;'],
    ['<!everyone|all>', '&lt;!everyone|all&gt;'],
    ['<!subteam^S012|@ops>', '&lt;!subteam^S012|@ops&gt;'],
    ['<<!channel>>', '<&lt;!channel&gt;>'],
    ['<!date^1392734382^{date}|today>', '<!date^1392734382^{date}|today>'],
    ['<https://evil.test/a|https://bank.test>', 'https://bank.test (<https://evil.test/a>)'],
    ['<https://evil.test|bank.test/login>', 'bank.test/login (<https://evil.test>)'],
    ['<https://bank.test/a|bank.test>', '<https://bank.test/a|bank.test>'],
    ['<https://github.com/o/r/pull/1|#1>', '<https://github.com/o/r/pull/1|#1>'],
    ['<@U012AB3CD> plain', '<@U012AB3CD> plain'],
  ])('%s', (text, expected) => {
    expect(sent({ text })['text']).toBe(expected);
  });

  it('also in blocks and attachments, of messages that are changed as well', () => {
    const blocks = [
      { type: 'section', text: { type: 'mrkdwn', text: 'a <!here>' } },
      {
        type: 'rich_text',
        elements: [
          { type: 'broadcast', range: 'channel' },
          { type: 'usergroup', usergroup_id: 'S1' },
        ],
      },
      { type: 'link', url: 'https://evil.test', text: 'https://bank.test' },
    ];
    expect(quiet(blocks)).toEqual([
      { type: 'section', text: { type: 'mrkdwn', text: 'a &lt;!here&gt;' } },
      {
        type: 'rich_text',
        elements: [
          { type: 'text', text: '@channel' },
          { type: 'text', text: '@S1' },
        ],
      },
      { type: 'link', url: 'https://evil.test' },
    ]);
    expect(sent({ blocks })['blocks']).toEqual(quiet(blocks));
    const changed = { channel: 'C1', ts: '1.2', attachments: [{ text: '<!channel>' }] };
    expect(JSON.stringify(update.request(changed, VIEW, 'm'))).toContain('&lt;!channel&gt;');
  });

  it('unless the caller says so, which policy sees as a place of its own', () => {
    const input = { channel: 'C1', text: '<!channel> released', mentionAll: true };
    expect(sent(input)['text']).toBe('<!channel> released');
    expect(sent(input)).not.toHaveProperty('mentionAll');
    expect(send.touches?.(input)).toEqual([
      { type: 'channel', id: 'C1' },
      { type: 'channel', id: '!everyone' },
    ]);
  });

  it('takes time that grows with the text', () => {
    const text = '<!'.repeat(20_000) + '<https://a|'.repeat(2_000);
    expect(quiet(text)).toBe(text);
  });
});
