/** The messages and channels of the simulated workspace. @module */

export interface Channel {
  id: string;
  name: string;
  archived: boolean;
  /** Whether the app is in it. */
  member: boolean;
}

export interface Post {
  /** Names the message in its channel: seconds and a counter, as Slack writes it. */
  ts: string;
  channel: string;
  via: 'webhook' | 'web_api';
  text?: string;
  blocks?: unknown[];
  attachments?: unknown[];
  threadTs?: string;
  metadata?: unknown;
}

export const CHANNELS: readonly Channel[] = [
  { id: 'C00GENERAL', name: 'general', archived: false, member: true },
  { id: 'C00RELEASES', name: 'releases', archived: false, member: true },
  { id: 'C00BILLING', name: 'billing', archived: false, member: true },
  { id: 'C00ARCHIVED', name: 'archived', archived: true, member: true },
  { id: 'C00BOARD0', name: 'board', archived: false, member: false },
];

interface Range {
  threadTs?: string;
  /** Seconds. */
  oldest: number;
  latest: number;
  /** Whether what lies on the bounds is in it. */
  inclusive: boolean;
}

const POSTS_MAX = 100_000;

export class Messages {
  readonly #posts: Post[] = [];
  #counter = 0;

  /** A channel by id, by name, or by name with `#`. */
  static channel(text: string): Channel | undefined {
    return CHANNELS.find(({ id, name }) => text === id || text === name || text === `#${name}`);
  }

  add(post: Omit<Post, 'ts'>, nowMs: number): Post {
    this.#counter++;
    const stored = { ts: `${Math.floor(nowMs / 1000)}.${String(this.#counter).padStart(6, '0')}`, ...post };
    this.#posts.push(stored);
    if (this.#posts.length > POSTS_MAX) this.#posts.shift();
    return stored;
  }

  find(channel: string, ts: string): Post | undefined {
    return this.#posts.find((post) => post.channel === channel && post.ts === ts);
  }

  remove(post: Post): void {
    const at = this.#posts.indexOf(post);
    if (at >= 0) this.#posts.splice(at, 1);
  }

  /** What is in a channel, newest first, or in a thread, the message it begins with first; as Slack lists them. */
  list(channel: string, { threadTs, oldest, latest, inclusive }: Range): Post[] {
    const isInside = ({ ts }: Post): boolean =>
      inclusive ? Number(ts) >= oldest && Number(ts) <= latest : Number(ts) > oldest && Number(ts) < latest;
    const own = this.#posts.filter((post) => post.channel === channel);
    if (threadTs === undefined) return own.filter((post) => post.threadTs === undefined && isInside(post)).reverse();
    const replies = own.filter((post) => post.threadTs === threadTs && isInside(post));
    return [...own.filter(({ ts }) => ts === threadTs), ...replies];
  }

  all(): readonly Post[] {
    return this.#posts;
  }
}
