// The Hann window.
import { cosineWindow } from './shared/cosine-window.js';

export const hannWindow = cosineWindow('HannWindow', [0.5, -0.5]);
