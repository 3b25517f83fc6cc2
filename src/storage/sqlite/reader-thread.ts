/** The entry of a thread that reads the database. @module */
import { parentPort, workerData } from 'node:worker_threads';
import { serveReader } from './serve-engine.js';
import type { EngineStart, ToEngine } from './thread-protocol.js';

const listener = await serveReader(workerData as EngineStart, (message, transfer) =>
  parentPort?.postMessage(message, transfer),
);
if (listener !== undefined) parentPort?.on('message', (message: ToEngine) => listener(message));
