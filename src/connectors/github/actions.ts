/** What GitHub can be asked to do. @module */
import { listUnreleasedCommits } from './commits.js';
import { listWebhookDeliveries, redeliverWebhookDelivery } from './deliveries.js';
import { createComment, createIssue, getIssue, listIssues, updateIssue } from './issues.js';
import { createRelease, getLatestRelease, listReleases } from './releases.js';
import { searchIssues } from './search.js';

export const actions = {
  listUnreleasedCommits,
  listReleases,
  getLatestRelease,
  createRelease,
  createIssue,
  updateIssue,
  getIssue,
  listIssues,
  searchIssues,
  createComment,
  listWebhookDeliveries,
  redeliverWebhookDelivery,
} as const;
