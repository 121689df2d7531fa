// Bytes of data files, as other programs write them.
import { createHash } from 'node:crypto';
import { crc32, deflateRawSync } from 'node:zlib';

/** An npy file as NumPy writes it. */
export function npyBytes(
  descr: string,
  shape: readonly number[],
  data: ArrayBufferView,
  fortran = false,
): Buffer {
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `${`{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${dims}), }`.padEnd(117)}\n`;
  const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8]);
  return Buffer.concat([head, Buffer.from(text), Buffer.from(data.buffer, data.byteOffset, data.byteLength)]);
}

/** A zip archive. */
export function zipBytes(entries: Readonly<Record<string, Buffer>>, deflate: boolean): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(entries)) {
    const stored = deflate ? deflateRawSync(content) : content;
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(deflate ? 8 : 0, 4);
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(stored.length, 14);
    fields.writeUInt32LE(content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    locals.push(Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(name), stored);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.from('PK\x01\x02\x14\0', 'latin1'), fields, tail, Buffer.from(name));
    offset += 30 + name.length + stored.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(locals.length / 4, 8);
  end.writeUInt16LE(locals.length / 4, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

/** A WAV file of 16 kHz; `kind` is 1 for PCM, 3 for floats. */
export function wavBytes(kind: number, bits: number, channels: number, data: Buffer): Buffer {
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + data.length, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(kind, 20);
  head.writeUInt16LE(channels, 22);
  head.writeUInt32LE(16000, 24);
  head.writeUInt16LE(bits, 34);
  head.write('data', 36);
  head.writeUInt32LE(data.length, 40);
  return Buffer.concat([head, data]);
}

/** A checkpoint: a header of JSON behind its length, then the data of one float32 tensor. The metadata gets its digest. */
export function checkpointBytes(metadata: Readonly<Record<string, unknown>>, data: Float32Array): Buffer {
  const tensor = { dtype: 'F32', shape: [data.length], data_offsets: [0, data.byteLength] };
  const header = { __metadata__: { digest: '0'.repeat(64), ...metadata }, 'state/w': tensor };
  const text = Buffer.from(JSON.stringify(header));
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(text.length));
  return sealed(Buffer.concat([head, text, Buffer.from(data.buffer, data.byteOffset, data.byteLength)]));
}

/** The checkpoint with the digest of what it holds now, where it has one. */
export function sealed(checkpoint: Uint8Array): Buffer {
  const bytes = Buffer.from(checkpoint);
  const key = '"digest":"';
  const at = bytes.indexOf(key) + key.length;
  if (at < key.length || at + 64 > bytes.length) return bytes;
  bytes.fill('0', at, at + 64);
  bytes.write(createHash('sha256').update(bytes).digest('hex'), at);
  return bytes;
}
