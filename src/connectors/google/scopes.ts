/**
 * Permissions as Google names them: for every action the smallest that covers all it can be asked to do.
 *
 * @source discovery documents (calendar v3, drive v3, gmail v1, sheets v4)
 * @module
 */
const AT = 'https://www.googleapis.com/auth/';

export const SCOPES = {
  listCalendars: `${AT}calendar.calendarlist.readonly`,
  readEvents: `${AT}calendar.events.readonly`,
  writeEvents: `${AT}calendar.events`,
  readFileFacts: `${AT}drive.metadata.readonly`,
  readFiles: `${AT}drive.readonly`,
  readRows: `${AT}spreadsheets.readonly`,
  sendMail: `${AT}gmail.send`,
  /** Opens no text: only what a message is called and when it was sent. */
  lookUpMail: `${AT}gmail.metadata`,
} as const;
