/** What the simulated Google knows: one account's calendars, files, spreadsheets and mail. @module */
import type { Fields } from '../kit/index.js';

export interface CalendarEvent {
  id: string;
  status: 'confirmed' | 'tentative' | 'cancelled';
  /** What its maker said: summary, start, end, attendees, recurrence, ... */
  fields: Fields;
  createdAtMs: number;
  updatedAtMs: number;
  /** When it last changed, counted in changes of the calendar. */
  change: number;
}

export interface Calendar {
  id: string;
  title: string;
  timeZone: string;
  accessRole: 'owner' | 'reader';
  isPrimary: boolean;
  events: CalendarEvent[];
  changes: number;
}

export interface DriveFile {
  id: string;
  name: string;
  mimeType: string;
  parent: string;
  /** Of a Google document: what it is exported as, by media type. */
  exports?: Readonly<Record<string, string>>;
  content?: Uint8Array;
  shortcutTo?: string;
  trashed: boolean;
  modifiedAtMs: number;
}

export type Cell = string | number | boolean;

export interface Spreadsheet {
  id: string;
  sheets: { title: string; rows: Cell[][] }[];
}

export interface Mail {
  id: string;
  threadId: string;
  labelIds: string[];
  atMs: number;
  headers: { name: string; value: string }[];
  /** The whole message, as it was sent. */
  raw: string;
}

export interface GoogleState {
  account: { sub: string; email: string; name: string; hd: string };
  calendars: Calendar[];
  files: DriveFile[];
  spreadsheets: Spreadsheet[];
  /** Newest first, as Gmail lists it. */
  mails: Mail[];
  lastId: number;
}

/** Monday, 5 January 2026, 09:00 UTC. */
const BEGIN_MS = Date.UTC(2026, 0, 5, 9);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const FOLDER = 'application/vnd.google-apps.folder';
export const SHORTCUT = 'application/vnd.google-apps.shortcut';

/** Ids as Drive has them: the same word always gives the same one. */
export const FILES = {
  root: '0ASandboxRootFolder00000000',
  reports: '1SandboxFolderReports00000000000000',
  private: '1SandboxFolderPrivate00000000000000',
  csv: '1SandboxFileOrdersCsv00000000000000',
  notes: '1SandboxFileNotesTxt000000000000000',
  picture: '1SandboxFileLogoPng0000000000000000',
  sheet: '1SandboxSpreadsheetBudget0000000000',
  shortcut: '1SandboxShortcutToOrders0000000000',
  secret: '1SandboxFileSalaries000000000000000',
} as const;

export function nextId(state: GoogleState): number {
  return ++state.lastId;
}

export function begin(): GoogleState {
  return {
    account: { sub: '108204268033311374519', email: 'robot@acme.example', name: 'Acme Robot', hd: 'acme.example' },
    calendars: [
      calendar({ id: 'robot@acme.example', title: 'Acme Robot', accessRole: 'owner', isPrimary: true }, meetings()),
      calendar({ id: 'c_team@group.calendar.google.com', title: 'Team', accessRole: 'owner', isPrimary: false }, []),
      calendar({ id: 'en.german#holiday@group.v.calendar.google.com', title: 'Holidays', accessRole: 'reader' }, []),
    ],
    files: files(),
    spreadsheets: [
      {
        id: FILES.sheet,
        sheets: [
          { title: 'Budget', rows: BUDGET },
          { title: 'Empty', rows: [] },
        ],
      },
    ],
    mails: [],
    lastId: 100,
  };
}

function calendar(
  { id, title, accessRole, isPrimary = false }: Partial<Calendar> & Pick<Calendar, 'id' | 'title' | 'accessRole'>,
  events: CalendarEvent[],
): Calendar {
  return { id, title, timeZone: 'Europe/Berlin', accessRole, isPrimary, events, changes: events.length };
}

function meetings(): CalendarEvent[] {
  const at = (hours: number) => ({ dateTime: new Date(BEGIN_MS + hours * HOUR_MS).toISOString(), timeZone: 'UTC' });
  const all: Fields[] = [
    { summary: 'Kick-off', start: at(0), end: at(1), location: 'Room 1' },
    { summary: 'Standup', start: at(24), end: at(24.25), recurrence: ['RRULE:FREQ=DAILY;COUNT=3'] },
    { summary: 'Offsite', start: { date: '2026-01-12' }, end: { date: '2026-01-14' } },
    { summary: 'Review', start: at(240), end: at(241), attendees: [{ email: 'ada@example.com' }] },
  ];
  return all.map((fields, index) => {
    const id = `seed${index}`;
    return { id, status: 'confirmed', fields, createdAtMs: BEGIN_MS, updatedAtMs: BEGIN_MS, change: index + 1 };
  });
}

const BUDGET: Cell[][] = [['Item', 'Amount', 'Paid'], ['Rent', 1200.5, true], ['Coffee', 80], [], ['Total', 1280.5]];

function files(): DriveFile[] {
  const made = (file: Omit<DriveFile, 'trashed' | 'modifiedAtMs'>, index: number): DriveFile => ({
    ...file,
    trashed: false,
    modifiedAtMs: BEGIN_MS - index * DAY_MS,
  });
  const { root, reports, private: hidden } = FILES;
  const csv = 'order,city,total\r\n1,"Zürich, CH",12.50\r\n2,"say ""hi""",7\r\n';
  const all: Omit<DriveFile, 'trashed' | 'modifiedAtMs'>[] = [
    { id: reports, name: 'Reports', mimeType: FOLDER, parent: root },
    { id: hidden, name: 'Private', mimeType: FOLDER, parent: root },
    { id: FILES.csv, name: 'orders.csv', mimeType: 'text/csv', parent: reports, content: Buffer.from(csv) },
    {
      id: FILES.notes,
      name: "Ada's notes.txt",
      mimeType: 'text/plain',
      parent: reports,
      content: Buffer.from('Grüße'),
    },
    {
      id: FILES.picture,
      name: 'logo.png',
      mimeType: 'image/png',
      parent: reports,
      content: Buffer.from([137, 80, 255]),
    },
    {
      id: FILES.sheet,
      name: 'Budget',
      mimeType: 'application/vnd.google-apps.spreadsheet',
      parent: reports,
      exports: { 'text/csv': 'Item,Amount\r\nRent,1200.5\r\n', 'application/pdf': '%PDF-1.7' },
    },
    { id: FILES.shortcut, name: 'orders', mimeType: SHORTCUT, parent: root, shortcutTo: FILES.csv },
    {
      id: FILES.secret,
      name: 'salaries.csv',
      mimeType: 'text/csv',
      parent: hidden,
      content: Buffer.from('who,much\n'),
    },
  ];
  return all.map(made);
}
