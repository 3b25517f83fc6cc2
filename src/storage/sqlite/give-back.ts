/** Memory of large buffers that goes back at once, and not when the garbage collector comes to it. @module */
import type { MessagePort } from 'node:worker_threads';

let nobody: MessagePort | undefined;

/**
 * Nothing may look into them any more: they are empty after this. A thread of the store makes so few objects that its
 * collector seldom comes, and holds little but such buffers then; and what was freed late cannot be used for the next.
 */
export function giveBack(buffers: ArrayBuffer[]): void {
  if (buffers.length > 0) (nobody ??= portToNobody()).postMessage(null, buffers);
}

/** What is handed over to a port whose other end is closed is freed. */
function portToNobody(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port2.close();
  port1.close();
  return port1;
}
