// The Hamming window.
import { cosineWindow } from './shared/cosine-window.js';

export const hammingWindow = cosineWindow('HammingWindow', [25 / 46, -21 / 46]);
