/** The entry of the one thread that writes the database. @module */
import { parentPort, workerData } from 'node:worker_threads';
import { serveWaitingWriter, serveWriter, type Post } from './serve-engine.js';
import type { EngineStart, ToEngine } from './thread-protocol.js';

const post: Post = (message, transfer) => parentPort?.postMessage(message, transfer);
const start = workerData as EngineStart | null;
const listener = start === null ? serveWaitingWriter(post) : await serveWriter(start, post);
if (listener !== undefined) parentPort?.on('message', (message: ToEngine) => void listener(message));
