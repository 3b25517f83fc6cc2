/** The people of the simulated workspace. @module */
import { boundedCount, pageAtCursor, type Routes, type SandboxReply } from '../kit/index.js';
import { accepted, refused, type SlackCall, type SlackState } from './answers.js';
import { fieldsOf } from './fields.js';

interface Person {
  id: string;
  name: string;
  realName: string;
  isBot: boolean;
  isDeleted: boolean;
}

const PEOPLE: readonly Person[] = [
  { id: 'U00FAIRLEAD', name: 'fairlead', realName: 'Fairlead', isBot: true, isDeleted: false },
  { id: 'U00ADA0000', name: 'ada', realName: 'Ada Example', isBot: false, isDeleted: false },
  { id: 'U00BOB0000', name: 'bob', realName: 'Bob Example', isBot: false, isDeleted: true },
];

const CACHE_S = 1_735_689_600;

export const peopleRoutes: Routes<SlackState> = {
  '* /api/users.list': { scopes: ['users:read'], reads: true, run: listPeople },
  '* /api/users.info': { scopes: ['users:read'], reads: true, run: personInfo },
  '* /api/users.lookupByEmail': { scopes: ['users:read.email'], reads: true, run: personByEmail },
};

/** A direct message goes to a person as if that were a channel. */
export function directMessageOf(user: string): string | undefined {
  const person = PEOPLE.find(({ id, isDeleted }) => id === user && !isDeleted);
  return person && `D${person.id.slice(1)}`;
}

const emailOf = ({ name }: Person): string => `${name}@example.com`;

function listPeople(call: SlackCall): SandboxReply {
  const { limit, cursor } = fieldsOf(call);
  const size = boundedCount(limit, { fallback: 100, max: 999 });
  const page = pageAtCursor(PEOPLE, typeof cursor === 'string' ? cursor : undefined, size);
  if (page === undefined) return refused('invalid_cursor');
  const members = page.items.map((person) => personShape(person));
  return accepted({ members, cache_ts: CACHE_S, response_metadata: { next_cursor: page.next ?? '' } });
}

function personInfo(call: SlackCall): SandboxReply {
  const person = PEOPLE.find(({ id }) => id === fieldsOf(call)['user']);
  return person === undefined ? refused('user_not_found') : accepted({ user: personShape(person) });
}

function personByEmail(call: SlackCall): SandboxReply {
  const person = PEOPLE.find((one) => emailOf(one) === fieldsOf(call)['email'] && !one.isDeleted);
  return person === undefined ? refused('users_not_found') : accepted({ user: personShape(person) });
}

function personShape(person: Person) {
  const { id, name, realName, isBot, isDeleted } = person;
  const image = 'https://sandbox.slack.com/avatar.png';
  return {
    id,
    team_id: 'T00SANDBOX',
    name,
    deleted: isDeleted,
    real_name: realName,
    profile: {
      real_name: realName,
      real_name_normalized: realName,
      display_name: name,
      display_name_normalized: name,
      email: emailOf(person),
      avatar_hash: 'g000000000000',
      status_text: '',
      status_emoji: '',
      image_24: image,
      image_32: image,
      image_48: image,
      image_72: image,
      image_192: image,
      image_512: image,
      team: 'T00SANDBOX',
    },
    is_admin: false,
    is_owner: false,
    is_primary_owner: false,
    is_restricted: false,
    is_ultra_restricted: false,
    is_bot: isBot,
    is_app_user: false,
    updated: CACHE_S,
  };
}
