// Random numbers and random damage to bytes for the fuzzer: the same seed gives the same on every machine.

/** A whole number in [0, below). */
export type Random = (below: number) => number;

export function randomOf(seed: number): Random {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x3c6ef372) >>> 0;
    return Math.floor((((state ^ (state >>> 13)) >>> 0) / 2 ** 32) * below);
  };
}

/** Numbers that like to break things: limits of types, sizes of tiles, products that overflow. */
export const nastyNumbers: readonly bigint[] = [
  0n, 1n, 2n, 3n, 7n, 8n, 16n, 17n, 127n, 128n, 255n, 256n, 65535n, 1n << 24n, (1n << 31n) - 1n, 1n << 31n,
  (1n << 32n) - 1n, 1n << 40n, (1n << 53n) + 1n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n, (1n << 64n) - 2n,
]; // biome-ignore format: a table

export const oneOf = <T>(list: readonly T[], random: Random): T => list[random(list.length)]!;

/** Changes one byte, writes one nasty number of 2, 4 or 8 bytes, or cuts the end off. */
export function changeBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const out = Uint8Array.from(bytes);
  if (out.length === 0) return Uint8Array.of(random(256));
  const view = new DataView(out.buffer);
  const width = oneOf([2, 4, 8], random);
  switch (random(4)) {
    case 0:
      return out.subarray(0, random(out.length));
    case 1:
      if (out.length < width) break;
      writeNasty(view, random(Math.floor(out.length / width)) * width, width, oneOf(nastyNumbers, random));
      return out;
  }
  out[random(out.length)] = random(2) === 0 ? random(256) : oneOf([0, 1, 0x7f, 0x80, 0xff], random);
  return out;
}

function writeNasty(view: DataView, at: number, width: number, value: bigint): void {
  if (width === 8) view.setBigUint64(at, BigInt.asUintN(64, value), true);
  else if (width === 4) view.setUint32(at, Number(BigInt.asUintN(32, value)), true);
  else view.setUint16(at, Number(BigInt.asUintN(16, value)), true);
}

/** The bytes with one to four changes; one case in ten is bytes that mean nothing. */
export function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  if (random(10) === 0) return Uint8Array.from({ length: random(200) }, () => random(256));
  let out = bytes;
  for (let changes = 1 + random(4); changes > 0; changes--) out = changeBytes(out, random);
  return out;
}
