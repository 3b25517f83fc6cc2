/** The entry of the one thread that writes the database. @module */
import { parentPort, workerData } from 'node:worker_threads';
import { serveWriter } from './serve-engine.js';
import type { EngineStart, ToEngine } from './thread-protocol.js';

const listener = await serveWriter(workerData as EngineStart, (message, transfer) =>
  parentPort?.postMessage(message, transfer),
);
if (listener !== undefined) parentPort?.on('message', (message: ToEngine) => listener(message));
