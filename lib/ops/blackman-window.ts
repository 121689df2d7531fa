// The Blackman window.
import { cosineWindow } from './shared/cosine-window.js';

export const blackmanWindow = cosineWindow('BlackmanWindow', [0.42, -0.5, 0.08]);
