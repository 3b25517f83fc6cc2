/** The part of `fairlead/verify` that the CLI calls, see src/verify.ts. @module */

export interface DeliveryToVerify {
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
  secrets: readonly string[];
  /** Unix milliseconds. */
  nowMs: number;
  url?: string;
  method?: string;
  scheme?: string;
  toleranceSeconds?: number;
}

export type Verdict =
  | { ok: true; scheme: string; secretIndex: number; timestampMs?: number }
  | { ok: false; reason: string; scheme?: string };

/** What most likely went wrong, and what to do about it. */
export interface Finding {
  code: string;
  explanation: string;
  nextStep: string;
}

export interface VerifyLibrary {
  verify(provider: string, delivery: DeliveryToVerify): Verdict;
  diagnose(provider: string, delivery: DeliveryToVerify): readonly Finding[];
  providers(): readonly { provider: string; schemes: readonly string[] }[];
}
