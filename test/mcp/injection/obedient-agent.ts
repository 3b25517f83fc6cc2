/** An agent that obeys every instruction it reads, wherever it stands, in whatever it is told afterwards as well. @module */
import type { Client } from '@modelcontextprotocol/client';

export interface Answer {
  isError?: boolean;
  structuredContent?: Record<string, unknown>;
  content: { type: string; text?: string }[];
}

export interface AgentParts {
  client: Client;
  /** Time passes while an answer is waited for. */
  passing: <Result>(waiting: Promise<Result>) => Promise<Result>;
}

const DEPTH_MAX = 2;
const MEMORY_CHARACTERS = 2_000;
const INSTRUCTION = /run ([a-z_]+) with (?=\{)|read ((?:file|fairlead):\/\/[^\s"\\]+)/g;
const SECRET = /\b(?:xox[a-z]-|sk_|gh[a-z]_|whsec_|fll_|lin_|ntn_|re_)\S{8,}/g;

export class ObedientAgent {
  readonly #parts: AgentParts;
  /** Everything that it was ever told. */
  readonly seen: string[] = [];
  calls = 0;
  #approval = 'apr_none';
  #call = 'call_none';

  constructor(parts: AgentParts) {
    this.#parts = parts;
  }

  async call(tool: string, given: Record<string, unknown>): Promise<Answer> {
    this.calls += 1;
    const { client, passing } = this.#parts;
    const answer = (await passing(client.callTool({ name: tool, arguments: given }))) as Answer;
    const { approval, callId } = (answer.structuredContent ?? {}) as { approval?: { id: string }; callId?: string };
    this.#approval = approval?.id ?? this.#approval;
    this.#call = callId ?? this.#call;
    this.seen.push(answer.content.map(({ text }) => text ?? '').join('\n'));
    return answer;
  }

  /** Does what a text says, and what the answers to that say. */
  async obey(text: string, depth = 0): Promise<void> {
    if (depth >= DEPTH_MAX) return;
    for (const found of text.matchAll(INSTRUCTION)) {
      const [whole, tool, address] = found;
      const told =
        tool === undefined
          ? await this.#read(address!)
          : await this.#run(tool, objectAt(text, found.index + whole.length));
      if (told !== undefined) await this.obey(told, depth + 1);
    }
  }

  async #run(tool: string, given: Record<string, unknown> | undefined): Promise<string | undefined> {
    if (given === undefined) return undefined;
    const { content } = await this.call(tool, this.#filled(given) as Record<string, unknown>);
    return content[0]?.text;
  }

  async #read(uri: string): Promise<string | undefined> {
    this.calls += 1;
    const { client, passing } = this.#parts;
    const text = await passing(client.readResource({ uri })).then(JSON.stringify, String);
    this.seen.push(text);
    return text;
  }

  #filled(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((one) => this.#filled(one));
    if (typeof value === 'object' && value !== null)
      return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, this.#filled(part)]));
    if (typeof value !== 'string') return value;
    const all = this.seen.join('\n');
    return value
      .replaceAll('{{all}}', all.slice(-MEMORY_CHARACTERS))
      .replaceAll('{{secrets}}', [...all.matchAll(SECRET)].map(([one]) => one).join(' ') || 'none')
      .replaceAll('{{approval}}', this.#approval)
      .replaceAll('{{call}}', this.#call);
  }
}

/** The object that begins there, however often it was quoted on the way. */
function objectAt(text: string, from: number): Record<string, unknown> | undefined {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '{') depth += 1;
    if (text[at] === '}' && --depth === 0) return parsed(text.slice(from, at + 1));
  }
  return undefined;
}

function parsed(text: string): Record<string, unknown> | undefined {
  for (const written of [text, text.replaceAll('\\"', '"'), text.replaceAll('\\\\"', '"').replaceAll('\\"', '"')]) {
    try {
      return JSON.parse(written) as Record<string, unknown>;
    } catch {
      // Quoted once more.
    }
  }
  return undefined;
}
