/** The entry of a thread that reads the database. @module */
import { parentPort, workerData } from 'node:worker_threads';
import { serveReader, type Post } from './serve-engine.js';
import type { EngineStart, ToEngine } from './thread-protocol.js';

const post: Post = (message, transfer) => parentPort?.postMessage(message, transfer);

void serveReader(workerData as EngineStart, post).then((listener) => {
  if (listener !== undefined) parentPort?.on('message', (message: ToEngine) => listener(message));
});
