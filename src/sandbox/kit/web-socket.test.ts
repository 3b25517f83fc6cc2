import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptKey, MESSAGE_BYTES_MAX, SocketReader, textFrame, type SocketNews } from './web-socket.js';

/** A frame as a client writes it. */
function masked(opcode: number, payload: Uint8Array, isFinal = true): Buffer {
  const mask = Buffer.from([1, 2, 3, 4]);
  const length = payload.byteLength;
  const head =
    length < 126
      ? Buffer.from([0, length | 0x80])
      : length < 65_536
        ? Buffer.from([0, 126 | 0x80, length >> 8, length & 0xff])
        : Buffer.concat([Buffer.from([0, 127 | 0x80]), big(length)]);
  head[0] = (isFinal ? 0x80 : 0) | opcode;
  return Buffer.concat([head, mask, Buffer.from(payload.map((byte, index) => byte ^ mask[index & 3]!))]);
}

function big(length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(length));
  return bytes;
}

const text = (value: string): Buffer => Buffer.from(value);
const ended = (code: number): SocketNews[] => [{ kind: 'end', frame: Buffer.from([0x88, 2, code >> 8, code & 0xff]) }];

describe('a WebSocket of a simulated provider', () => {
  it('accepts by the example of RFC 6455, 1.3', () => {
    expect(acceptKey('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  });

  it('reads the masked example of RFC 6455, 5.7, and writes the unmasked one', () => {
    const hello = Buffer.from([0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]);
    expect(new SocketReader().push(hello)).toEqual([{ kind: 'text', text: 'Hello' }]);
    expect(textFrame('Hello')).toEqual(Buffer.from([0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]));
  });

  it('reads messages of every length, however they are cut', () => {
    fc.assert(
      fc.property(fc.constantFrom(0, 1, 125, 126, 65_535, 65_536), fc.nat({ max: 200 }), (length, cut) => {
        const bytes = Buffer.concat([masked(1, text('a'.repeat(length))), masked(1, text('end'))]);
        const reader = new SocketReader();
        const news = [...reader.push(bytes.subarray(0, cut)), ...reader.push(bytes.subarray(cut))];
        expect(news).toEqual([
          { kind: 'text', text: 'a'.repeat(length) },
          { kind: 'text', text: 'end' },
        ]);
      }),
      { numRuns: 50 },
    );
  });

  it('puts fragments together, and answers a ping between them', () => {
    const bytes = Buffer.concat([masked(1, text('He'), false), masked(9, text('p')), masked(0, text('llo'))]);
    expect(new SocketReader().push(bytes)).toEqual([
      { kind: 'reply', frame: Buffer.from([0x8a, 1, 0x70]) },
      { kind: 'text', text: 'Hello' },
    ]);
  });

  it('answers a close with its code, and hears nothing afterwards', () => {
    const reader = new SocketReader();
    expect(reader.push(masked(8, Buffer.from([0x03, 0xe9])))).toEqual(ended(1001));
    expect(reader.push(masked(1, text('x')))).toEqual([]);
  });

  it.each<[string, Buffer, number]>([
    ['without a mask', Buffer.from([0x81, 0x01, 0x61]), 1002],
    ['with an extension', Buffer.from([0xc1, 0x80, 0, 0, 0, 0]), 1002],
    ['that goes on with nothing', masked(0, text('x')), 1002],
    ['that is unknown', masked(3, text('x')), 1002],
    ['of control in parts', masked(9, text('x'), false), 1002],
    ['of control that is long', masked(9, Buffer.alloc(126)), 1002],
    ['that is too long', Buffer.concat([Buffer.from([0x81, 127 | 0x80]), big(MESSAGE_BYTES_MAX + 1)]), 1009],
  ])('ends over a frame %s', (_, bytes, code) => {
    expect(new SocketReader().push(bytes)).toEqual(ended(code));
  });

  it('is total', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => Array.isArray(new SocketReader().push(bytes))));
  });
});
