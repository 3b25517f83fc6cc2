/** The entry of a handler thread: loads the configuration and serves runs. @module */
import { parentPort, workerData } from 'node:worker_threads';
import { readConfig } from './config.js';
import { loadConfigFile } from './config-file.js';
import { HandlerTable, serveRuns, type FromThread, type ThreadStart, type ToThread } from './jobs/index.js';

const { configPath, made, begun } = workerData as ThreadStart;
const post = (messages: FromThread[]): void => parentPort?.postMessage(messages);

// Runs that arrive while the configuration loads wait in the port: the listener is set when there is something to run.
try {
  const value = await loadConfigFile(configPath, new Map(made));
  const config = readConfig({ variables: {}, cwd: '.', file: { path: configPath, value } });
  const listener = serveRuns(new HandlerTable(config.handlers), begun, post);
  parentPort?.on('message', (messages: ToThread[]) => listener(messages));
} catch (error) {
  post([{ kind: 'failed_to_start', problem: error instanceof Error ? error.message : String(error) }]);
}
