/** What SendGrid can be asked to do. @module */
import { addContacts, createList, getImportStatus } from './contacts.js';
import { sendMail } from './send.js';
import { getStatistics, listSuppressions } from './statistics.js';

export const actions = { sendMail, createList, addContacts, getImportStatus, getStatistics, listSuppressions };
