import { type Block, planMemory } from '../../lib/run/memory-plan.js';

const block = (bytes: number, first: number, last: number): Block => ({ bytes, first, last, offset: -1 });

/** Small deterministic generator: the property must hold for any lifetimes. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

// With no effort allowed the blocks are placed in the order of birth.
test.each([undefined, 0])(
  'blocks that live at the same time lie 256 bytes apart, and offsets are aligned (effort %s)',
  (effort) => {
    for (let seed = 1; seed <= 50; seed++) {
      const next = random(seed);
      const blocks = Array.from({ length: 40 }, () => {
        const first = Math.floor(next() * 30);
        return block(Math.floor(next() * 1000), first, first + Math.floor(next() * 10));
      });
      const arena = planMemory(blocks, effort);
      const clashes: string[] = [];
      for (const a of blocks) {
        expect(a.offset % 64).toBe(0);
        expect(a.offset + a.bytes).toBeLessThanOrEqual(arena);
        for (const b of blocks) {
          if (a === b || a.bytes === 0 || b.bytes === 0) continue;
          const together = a.first <= b.last && b.first <= a.last;
          const near = a.offset < b.offset + b.bytes + 256 && b.offset < a.offset + a.bytes + 256;
          if (together && near) clashes.push(`${JSON.stringify(a)} and ${JSON.stringify(b)}`);
        }
      }
      expect(clashes).toEqual([]);
    }
  },
);

test.each([undefined, 0])('blocks that never meet share memory (effort %s)', (effort) => {
  const blocks = [block(640, 0, 1), block(640, 2, 3), block(640, 4, 5)];
  expect(planMemory(blocks, effort)).toBe(640);
  expect(blocks.map((b) => b.offset)).toEqual([0, 0, 0]);
});

test('an empty plan takes no memory', () => {
  expect(planMemory([])).toBe(0);
  expect(planMemory([block(0, 0, 5)])).toBe(0);
});

test('gaps that touch become one for a larger block', () => {
  const blocks = [block(64, 0, 1), block(64, 0, 2), block(64, 0, 3), block(64, 0, 9), block(192, 4, 5)];
  expect(planMemory(blocks, 0)).toBe(1024);
  expect(blocks.at(-1)?.offset).toBe(0);
});

test('blocks are found across the stretches of time that they share', () => {
  const blocks = [block(64, 0, 500), block(128, 100, 300), block(256, 299, 301), block(64, 600, 700)];
  expect(planMemory(blocks)).toBe(960);
  expect(blocks.at(-1)?.offset).toBe(0);
});

test.each([undefined, 0])(
  'a block that shares another lies there, and nothing else does (effort %s)',
  (effort) => {
    const first = block(640, 0, 4);
    const second: Block = { ...block(640, 2, 4), shares: first };
    const other = block(640, 3, 5);
    expect(planMemory([second, other, first], effort)).toBe(1536);
    expect(second.offset).toBe(first.offset);
    expect(other.offset).not.toBe(first.offset);
  },
);
