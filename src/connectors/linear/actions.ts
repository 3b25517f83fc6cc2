/** What Linear can be asked to do. @module */
import { createIssue, getIssue, updateIssue } from './issues.js';
import { listTeams, searchIssues } from './listings.js';

export const actions = { createIssue, updateIssue, getIssue, searchIssues, listTeams } as const;
