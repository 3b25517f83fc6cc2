/** What Google can be asked to do. @module */
import { listCalendars } from './calendars.js';
import { listEvents } from './events.js';
import { createEvent } from './new-event.js';

export const actions = { listCalendars, listEvents, createEvent } as const;
