// Entry of a fresh benchmark process; started by fresh.ts only.
import { serveOneJob } from './fresh.js';

serveOneJob();
