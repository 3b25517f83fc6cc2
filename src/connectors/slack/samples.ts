/** Sample Slack requests: invented data. @module */
import { formSample, jsonSample, type Sample } from '../../core/sample.js';
import type { SampleSet } from '../../core/webhook.js';

const TEAM = 'T0FAIRLEAD';
const CHANNEL = 'C0GENERAL';
const USER = 'U0ADA';

type Inner = (ts: string) => Record<string, unknown>;

const EVENTS: Record<string, Inner> = {
  app_mention: (ts) => ({ text: '<@U0BOT> what is open?', user: USER, ts, team: TEAM, channel: CHANNEL, event_ts: ts }),
  message: (ts) => ({
    text: 'The export is broken again',
    user: USER,
    ts,
    team: TEAM,
    channel: CHANNEL,
    channel_type: 'channel',
    event_ts: ts,
  }),
  reaction_added: (ts) => ({
    user: USER,
    reaction: 'white_check_mark',
    item_user: 'U0GRACE',
    item: { type: 'message', channel: CHANNEL, ts },
    event_ts: ts,
  }),
  member_joined_channel: (ts) => ({ user: USER, channel: CHANNEL, channel_type: 'C', team: TEAM, event_ts: ts }),
};

export const samples: SampleSet = {
  types: [...Object.keys(EVENTS), 'command./deploy', 'block_actions'],
  sample(type, id, nowMs) {
    if (type.startsWith('command.')) return command(type.slice('command.'.length), id);
    return type === 'block_actions' ? interaction(id) : event(type, id, nowMs);
  },
};

function event(type: string, id: string, nowMs: number): Sample {
  const seconds = Math.floor(nowMs / 1000);
  return jsonSample({
    token: 'legacy-verification-token',
    team_id: TEAM,
    api_app_id: 'A0FAIRLEAD',
    event: { type, ...EVENTS[type]?.(`${seconds}.000100`) },
    type: 'event_callback',
    event_id: `Ev${id}`,
    event_time: seconds,
    authorizations: [{ enterprise_id: null, team_id: TEAM, user_id: 'U0BOT', is_bot: true }],
    is_ext_shared_channel: false,
  });
}

function command(name: string, id: string): Sample {
  return formSample({
    token: 'legacy-verification-token',
    team_id: TEAM,
    team_domain: 'example',
    channel_id: CHANNEL,
    channel_name: 'general',
    user_id: USER,
    user_name: 'ada',
    command: name,
    text: 'engine to production',
    response_url: `https://hooks.slack.com/commands/${TEAM}/${id}`,
    trigger_id: `trigger.${id}`,
  });
}

function interaction(id: string): Sample {
  const payload = {
    type: 'block_actions',
    user: { id: USER, username: 'ada', team_id: TEAM },
    team: { id: TEAM, domain: 'example' },
    channel: { id: CHANNEL, name: 'general' },
    trigger_id: `trigger.${id}`,
    actions: [{ action_id: 'approve', block_id: 'b1', type: 'button', value: 'approve' }],
  };
  return formSample({ payload: JSON.stringify(payload) });
}
