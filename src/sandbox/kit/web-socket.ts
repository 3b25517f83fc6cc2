/**
 * The server's half of a WebSocket, as far as simulated providers need one: whole text messages, pings, a close. Pure:
 * bytes in, frames and replies out; whoever has the connection moves them.
 *
 * @source RFC 6455: 4.2.2 (the accept key), 5.2 (frames), 5.3 (masking), 5.5 (control frames), 7.4.1 (codes)
 * @module
 */
import { createHash } from 'node:crypto';

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
/** A longer message is nobody's we know. */
export const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;

const OPCODE = { more: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;
const FINAL = 0x80;
const MASKED = 0x80;

/** What follows from what the other side sent. */
export type SocketNews =
  | { kind: 'text'; text: string }
  /** To be sent as it is. */
  | { kind: 'reply'; frame: Uint8Array }
  /** To be sent, and then the connection ends. */
  | { kind: 'end'; frame: Uint8Array };

/** The value of `Sec-WebSocket-Accept`. */
export function acceptKey(key: string): string {
  return createHash('sha1')
    .update(key + MAGIC)
    .digest('base64');
}

export const textFrame = (text: string): Uint8Array => frame(OPCODE.text, Buffer.from(text));
export const closeFrame = (code: number): Uint8Array => frame(OPCODE.close, Buffer.from([code >> 8, code & 0xff]));

function frame(opcode: number, payload: Uint8Array): Uint8Array {
  const { byteLength: length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = FINAL | opcode;
  head[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (length >= 65_536) head.writeBigUInt64BE(BigInt(length), 2);
  else if (length >= 126) head.writeUInt16BE(length, 2);
  return Buffer.concat([head, payload]);
}

interface Frame {
  isFinal: boolean;
  opcode: number;
  payload: Buffer;
}

/** Puts frames together from the pieces in which they arrive. */
export class SocketReader {
  #bytes: Buffer = Buffer.alloc(0);
  #parts: Buffer[] = [];
  #size = 0;
  #isText = false;
  #isOver = false;

  /** What the bytes that came come to, in order. After an end there is nothing more. */
  push(bytes: Uint8Array): SocketNews[] {
    if (this.#isOver) return [];
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    const news: SocketNews[] = [];
    for (;;) {
      const found = this.#take();
      if (found === undefined) return news;
      const one = typeof found === 'number' ? this.#end(found) : this.#judge(found);
      if (one !== undefined) news.push(one);
      if (this.#isOver) return news;
    }
  }

  /** A frame, or the code for which it is refused. */
  #take(): Frame | number | undefined {
    const bytes = this.#bytes;
    if (bytes.byteLength < 2) return undefined;
    const [first, second] = [bytes[0]!, bytes[1]!];
    // Extensions were not agreed on, and a client that masks nothing is none.
    if ((first & 0x70) !== 0 || (second & MASKED) === 0) return 1002;
    const short = second & 0x7f;
    const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
    if (bytes.byteLength < 2 + lengthBytes) return undefined;
    const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
    if (length > MESSAGE_BYTES_MAX) return 1009;
    const start = 2 + lengthBytes + 4;
    if (bytes.byteLength < start + length) return undefined;
    const mask = bytes.subarray(start - 4, start);
    const payload = Buffer.from(bytes.subarray(start, start + length));
    for (let index = 0; index < length; index++) payload[index]! ^= mask[index & 3]!;
    this.#bytes = bytes.subarray(start + length);
    return { isFinal: (first & FINAL) !== 0, opcode: first & 0x0f, payload };
  }

  #judge({ isFinal, opcode, payload }: Frame): SocketNews | undefined {
    const isControl = (opcode & 0x8) !== 0;
    if (isControl && (!isFinal || payload.byteLength > 125)) return this.#end(1002);
    switch (opcode) {
      case OPCODE.ping:
        return { kind: 'reply', frame: frame(OPCODE.pong, payload) };
      case OPCODE.pong:
        return undefined;
      case OPCODE.close:
        return this.#end(payload.byteLength >= 2 ? payload.readUInt16BE(0) : 1000);
      case OPCODE.text:
      case OPCODE.binary:
      case OPCODE.more:
        return this.#collect(isFinal, opcode, payload);
      default:
        return this.#end(1002);
    }
  }

  #collect(isFinal: boolean, opcode: number, payload: Buffer): SocketNews | undefined {
    const isBegun = this.#parts.length > 0;
    if ((opcode === OPCODE.more) !== isBegun) return this.#end(1002);
    if (!isBegun) this.#isText = opcode === OPCODE.text;
    this.#parts.push(payload);
    this.#size += payload.byteLength;
    if (this.#size > MESSAGE_BYTES_MAX) return this.#end(1009);
    if (!isFinal) return undefined;
    const whole = Buffer.concat(this.#parts, this.#size);
    [this.#parts, this.#size] = [[], 0];
    return this.#isText ? { kind: 'text', text: whole.toString('utf8') } : undefined;
  }

  #end(code: number): SocketNews {
    this.#isOver = true;
    return { kind: 'end', frame: closeFrame(code) };
  }
}
