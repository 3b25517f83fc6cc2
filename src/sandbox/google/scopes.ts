/** Permissions as Google names them, and which of them open what. @source discovery documents @module */
const AT = 'https://www.googleapis.com/auth/';
const anyOf = (...names: readonly string[]): readonly string[] => names.map((name) => AT + name);

export const SCOPES = {
  identity: ['openid', 'email', ...anyOf('userinfo.email')],
  calendarList: anyOf('calendar', 'calendar.readonly', 'calendar.calendarlist', 'calendar.calendarlist.readonly'),
  readEvents: anyOf('calendar', 'calendar.readonly', 'calendar.events', 'calendar.events.readonly'),
  writeEvents: anyOf('calendar', 'calendar.events'),
  readFileFacts: anyOf('drive', 'drive.readonly', 'drive.file', 'drive.metadata', 'drive.metadata.readonly'),
  readFiles: anyOf('drive', 'drive.readonly', 'drive.file'),
  readRows: anyOf('drive', 'drive.readonly', 'drive.file', 'spreadsheets', 'spreadsheets.readonly'),
  sendMail: ['https://mail.google.com/', ...anyOf('gmail.modify', 'gmail.compose', 'gmail.send')],
  listMail: ['https://mail.google.com/', ...anyOf('gmail.modify', 'gmail.readonly', 'gmail.metadata')],
} as const;
