// A short text that tells one graph from another: a checkpoint of one must not continue with another.
import { createHash } from 'node:crypto';
import type { Graph } from '../graph/graph.js';
import { Model } from '../model/model.js';

export const fingerprintOf = (graph: Graph): string =>
  createHash('sha256').update(new Model(graph).toBytes()).digest('hex').slice(0, 16);
