/** How an operation is called as a tool. @module */

/** `slack.sendMessage` -> `slack_send_message`. Clients put `mcp__fairlead__` in front and allow 64 characters. */
export function toolNameOf(operation: string): string {
  return operation
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/[.-]/g, '_')
    .toLowerCase();
}
