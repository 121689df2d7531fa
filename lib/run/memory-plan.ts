// Lifetimes to arena offsets: greedy by size (Pisarchyk & Lee 2020, arXiv:2001.03288, "greedy by size for offset
// calculation"): the largest block first, each at the lowest offset where no block that lives at the same time lies.

/** One piece of memory; alive during [first, last], both included. `offset` is filled in. A block that `shares` another
 *  lies where that one lies, whose lifetime covers both. */
export interface Block {
  readonly bytes: number;
  first: number;
  last: number;
  offset: number;
  shares?: Block;
}

const alignment = 64;
/** Kernels may read this far past the end of a tensor (kReadPadding in native/base/aligned_buffer.h covers the arena's
 *  own end; inside the arena a neighbour is read, which is harmless). */
const align = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;

/** Sets every offset and returns the size of the arena in bytes. */
export function planMemory(blocks: readonly Block[]): number {
  const placed: Block[] = [];
  let arenaBytes = 0;
  const bySize = blocks
    .filter((block) => block.shares === undefined)
    .sort((a, b) => b.bytes - a.bytes || a.first - b.first);
  for (const block of bySize) {
    const neighbours = placed
      .filter((other) => other.first <= block.last && block.first <= other.last)
      .sort((a, b) => a.offset - b.offset);
    let offset = 0;
    for (const other of neighbours) {
      if (offset + block.bytes <= other.offset) break;
      offset = Math.max(offset, align(other.offset + other.bytes));
    }
    block.offset = offset;
    placed.push(block);
    arenaBytes = Math.max(arenaBytes, align(offset + block.bytes));
  }
  for (const block of blocks) if (block.shares !== undefined) block.offset = block.shares.offset;
  return arenaBytes;
}
