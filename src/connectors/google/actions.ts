/** What Google can be asked to do. @module */
import { listCalendars } from './calendars.js';
import { listEvents } from './events.js';
import { readCsv, readFile } from './file-content.js';
import { getFile, listFiles } from './files.js';
import { sendEmail } from './mail.js';
import { createEvent } from './new-event.js';
import { readRows } from './rows.js';

export const actions = {
  listCalendars,
  listEvents,
  createEvent,
  listFiles,
  getFile,
  readFile,
  readCsv,
  readRows,
  sendEmail,
} as const;
