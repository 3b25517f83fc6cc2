/** Server-sent events as they come out of an answer (HTML Living Standard, section 9.2.6). @module */

export interface ServerEvent {
  id: string;
  /** Absent where only the place is told. */
  data?: string;
}

/** A line that is longer is no event of ours. */
const CHARACTERS_MAX = 4 * 1024 * 1024;

/** The events that are whole; what was cut off at the end is none. */
export async function* eventsIn(body: ReadableStream<Uint8Array> | null): AsyncGenerator<ServerEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body ?? []) {
    const blocks = (rest + decoder.decode(piece, { stream: true })).split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) {
      const event = eventOf(block);
      if (event !== undefined) yield event;
    }
    if (rest.length > CHARACTERS_MAX) return;
  }
}

function eventOf(block: string): ServerEvent | undefined {
  const fields = block.split('\n').map((line) => /^(\w+): ?(.*)$/.exec(line)?.slice(1) ?? []);
  const data = fields.filter(([name]) => name === 'data').map(([, text]) => text);
  const id = fields.find(([name]) => name === 'id')?.[1];
  if (id === undefined) return undefined;
  return data.length === 0 ? { id } : { id, data: data.join('\n') };
}
