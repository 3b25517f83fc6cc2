/**
 * CRC-32 (ISO 3309, as in zip and Ethernet), eight bytes a step. `node:zlib` has one, but core/ stays free of it.
 *
 * @module
 */

/** Made when first asked for: 2,048 steps that a start without such a provider need not take. */
let tables: Int32Array[] | undefined;

/** Table `n` holds the checksums of a byte that is followed by `n` zero bytes. */
function makeTables(): Int32Array[] {
  const first = new Int32Array(256).map((_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value;
  });
  const made = [first];
  while (made.length < 8) made.push(made.at(-1)!.map((value) => (value >>> 8) ^ first[value & 255]!));
  return made;
}

/** The checksum as an unsigned 32-bit number. */
export function crc32(bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = (tables ??= makeTables()) as [
    Table,
    Table,
    Table,
    Table,
    Table,
    Table,
    Table,
    Table,
  ];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length & ~7;
  let crc = -1;
  let i = 0;
  for (; i < whole; i += 8) {
    // The half that does not wait for the last step is looked up first.
    const b = view.getInt32(i + 4, true);
    const ahead = t3[b & 255]! ^ t2[(b >>> 8) & 255]! ^ (t1[(b >>> 16) & 255]! ^ t0[b >>> 24]!);
    const a = crc ^ view.getInt32(i, true);
    crc = t7[a & 255]! ^ t6[(a >>> 8) & 255]! ^ (t5[(a >>> 16) & 255]! ^ t4[a >>> 24]!) ^ ahead;
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[i]!) & 255]!;
  return ~crc >>> 0;
}

type Table = Int32Array;
