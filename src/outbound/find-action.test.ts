import { describe, expect, it } from 'vitest';
import { CONNECTORS } from '../connectors/index.js';
import { actionNames, findAction } from './index.js';

describe('finding an action', () => {
  it('goes by provider and word', () => {
    expect(findAction(CONNECTORS, 'slack.sendMessage')).toMatchObject({
      name: 'slack.sendMessage',
      connector: { provider: 'slack' },
      action: { effect: 'send' },
    });
    const names = actionNames(CONNECTORS);
    expect(names).toEqual(expect.arrayContaining(['http.forward', 'http.post', 'slack.sendMessage']));
    expect(names).toEqual([...new Set(names)].sort());
  });

  it.each([
    '',
    '.',
    'slack',
    'slack.',
    '.sendMessage',
    'slack.constructor',
    'slack.__proto__',
    'slack.send.Message',
    'Slack.sendMessage',
  ])('does not find %j', (name) => {
    expect(() => findAction(CONNECTORS, name)).toThrow(/No action/);
  });
});
