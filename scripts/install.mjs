// npm runs this where the package is installed: it builds the addon where no prebuilt one loads, and else does nothing.
// Without an install script npm would compile for whoever has a lock file: so it treats packages with a binding.gyp, and
// lock files do not carry "gypfile": false. In a checkout prepare.mjs builds, which says what is missing.
import { existsSync } from 'node:fs';

if (!existsSync(new URL('prepare.mjs', import.meta.url))) await import('node-gyp-build/bin.js');
