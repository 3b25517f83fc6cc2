/** Small projects to begin with, one for each workflow; each has a test that runs in CI, offline. @module */
import { audit } from './audit.js';
import { billing } from './billing.js';
import type { TemplateFile } from './parts.js';
import { release } from './release.js';
import { triage } from './triage.js';

export type { TemplateFile } from './parts.js';

export const TEMPLATES: Readonly<Record<string, readonly TemplateFile[]>> = { release, billing, triage, audit };
