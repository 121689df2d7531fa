// The order of the axes of pictures, told from their sizes.
import type { Dim } from '../graph/graph.js';

/** Channels that pictures have: grey or colours. */
const usual: readonly (Dim | undefined)[] = [1, 3];

/** Whether [a,b,c] looks like [H,W,C] and not like [C,H,W]. */
export const looksChannelsLast = ([first, , last]: readonly Dim[]): boolean =>
  !usual.includes(first) && usual.includes(last);
