// Lifetimes to arena offsets: greedy by size (Pisarchyk & Lee 2020, arXiv:2001.03288, "greedy by size for offset
// calculation"): the largest block first, each at the lowest offset where no block that lives at the same time lies. Where
// so many blocks live at once that this would take long, in the order of birth instead.

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
const align = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;

/** Kernels may read this far past the end of a tensor, and use nothing of it (kReadPadding in native/base/aligned_buffer.h, which
 *  also covers the arena's own end). Blocks that live at the same time keep this distance: what lies behind one may be
 *  written by another thread meanwhile, and that would be a data race, harmless or not. */
const readPadding = 256;
const reach = ({ bytes }: Block): number => (bytes === 0 ? 0 : align(bytes + readPadding));

/** Pairs of blocks that greedy-by-size may look at: about a second. Models that people run stay far below. */
const maxEffort = 20_000_000;

/** Sets every offset and returns the size of the arena in bytes. */
export function planMemory(blocks: readonly Block[], effort = maxEffort): number {
  const owners = blocks.filter((block) => block.shares === undefined);
  if (!greedyBySize(owners, effort)) inOrderOfBirth(owners);
  for (const block of blocks) if (block.shares !== undefined) block.offset = block.shares.offset;
  return owners.reduce((most, { offset, bytes }) => Math.max(most, align(offset + bytes)), 0);
}

/** False, with offsets that mean nothing, when it would look at more than `effort` pairs of blocks. */
function greedyBySize(blocks: readonly Block[], effort: number): boolean {
  const placed = new PlacedBlocks();
  let left = effort;
  const bySize = [...blocks].sort((a, b) => b.bytes - a.bytes || a.first - b.first);
  for (const block of bySize) {
    const neighbours = placed.aliveDuring(block);
    left -= placed.effort;
    if (left < 0) return false;
    let offset = 0;
    for (const other of neighbours.sort((a, b) => a.offset - b.offset)) {
      if (offset + reach(block) <= other.offset) break;
      offset = Math.max(offset, other.offset + reach(other));
    }
    block.offset = offset;
    placed.add(block);
  }
  return true;
}

/** Blocks by the stretches of time in which they live. */
class PlacedBlocks {
  /** Steps of a stretch. */
  static readonly #length = 64;
  readonly #stretches: Block[][] = [];
  /** What the last add() and aliveDuring() looked at. */
  effort = 0;

  add(block: Block): void {
    const [first, last] = this.#stretchesOf(block);
    for (let i = first; i <= last; i++) {
      this.#stretches[i] ??= [];
      this.#stretches[i]!.push(block);
    }
    this.effort = last - first + 1;
  }

  /** Blocks that live at some time at which `block` lives, each once. */
  aliveDuring(block: Block): Block[] {
    const found: Block[] = [];
    const [first, last] = this.#stretchesOf(block);
    for (let i = first; i <= last; i++) {
      const stretch = this.#stretches[i];
      if (stretch === undefined) continue;
      this.effort += stretch.length;
      // One that lives in several stretches is found in the first that both share.
      for (const other of stretch)
        if (other.first <= block.last && block.first <= other.last)
          if (Math.max(first, this.#stretchesOf(other)[0]) === i) found.push(other);
    }
    return found;
  }

  #stretchesOf({ first, last }: Block): readonly [number, number] {
    return [Math.floor(first / PlacedBlocks.#length), Math.floor(last / PlacedBlocks.#length)];
  }
}

/** A gap in the arena. */
interface Gap {
  start: number;
  end: number;
}

/** As an allocator would: each block takes the lowest gap that fits when it is born and gives it back when it dies. */
function inOrderOfBirth(blocks: readonly Block[]): void {
  const byBirth = [...blocks].sort((a, b) => a.first - b.first || b.bytes - a.bytes);
  const byDeath = [...blocks].sort((a, b) => a.last - b.last);
  const gaps: Gap[] = [];
  let end = 0;
  let dead = 0;
  for (const block of byBirth) {
    for (; byDeath[dead]!.last < block.first; dead++) giveBack(byDeath[dead]!, gaps);
    const bytes = reach(block);
    const at = gaps.findIndex(({ start, end }) => end - start >= bytes);
    if (at < 0) {
      block.offset = end;
      end += bytes;
      continue;
    }
    const gap = gaps[at]!;
    block.offset = gap.start;
    gap.start += bytes;
    if (gap.start === gap.end) gaps.splice(at, 1);
  }
}

/** Adds a block's memory to the gaps, which are in order of their places and never touch. */
function giveBack(block: Block, gaps: Gap[]): void {
  const [start, end] = [block.offset, block.offset + reach(block)];
  if (start === end) return;
  let [low, high] = [0, gaps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (gaps[middle]!.start < start) low = middle + 1;
    else high = middle;
  }
  const before = gaps[low - 1];
  const after = gaps[low];
  if (before?.end === start && after?.start === end) {
    before.end = after.end;
    gaps.splice(low, 1);
  } else if (before?.end === start) before.end = end;
  else if (after?.start === end) after.start = start;
  else gaps.splice(low, 0, { start, end });
}
