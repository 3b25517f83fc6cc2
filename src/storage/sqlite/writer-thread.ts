/** The entry of the one thread that writes the database. @module */
import { parentPort, workerData } from 'node:worker_threads';
import { serveWaitingWriter, serveWriter, type Post } from './serve-engine.js';
import type { EngineStart, ToEngine } from './thread-protocol.js';

type Listener = (message: ToEngine) => void | Promise<void>;

const post: Post = (message, transfer) => parentPort?.postMessage(message, transfer);
const listen = (listener: Listener | undefined): void => {
  if (listener !== undefined) parentPort?.on('message', (message: ToEngine) => void listener(message));
};

const start = workerData as EngineStart | null;
if (start === null) listen(serveWaitingWriter(post));
else void serveWriter(start, post).then(listen);
