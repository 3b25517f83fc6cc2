/**
 * The actions that an agent sees as tools at once. Each costs every conversation its description, so there are few: what
 * the ready-made flows are made of. All others are found by search.
 *
 * @module
 */
export const LISTED_ACTIONS: readonly string[] = [
  'slack.sendMessage',
  'slack.listChannels',
  'github.listUnreleasedCommits',
  'github.createIssue',
  'github.searchIssues',
  'resend.sendEmail',
];
