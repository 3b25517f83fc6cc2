/** What a simulated provider is asked. @module */

export interface SandboxRequest {
  method: string;
  /** Below the provider's own address, e.g. `/api/chat.postMessage`. */
  path: string;
  query: URLSearchParams;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
  nowMs: number;
  /** Where the caller found the provider, without a slash at the end. Absent means the real one's address. */
  address?: string;
}
