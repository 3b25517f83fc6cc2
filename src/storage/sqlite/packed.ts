/** Answers of verbs that leave SQLite as the message they will be, for whoever sends them to another thread. @module */

export abstract class Packed<Value> {
  abstract unpack(): Value;
}

/** A buffer of its own for bytes that the engine handed out: it may be given away. */
export function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes;
  const isWhole = byteOffset === 0 && byteLength === buffer.byteLength;
  return isWhole && buffer instanceof ArrayBuffer ? buffer : new Uint8Array(bytes).buffer;
}
