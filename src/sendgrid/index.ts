/**
 * `fairlead/sendgrid`: SendGrid's v3 API, typed, without a dependency. It takes a function of the shape of `fetch`, sends
 * each request once, and says in SendGrid's words what was wrong.
 *
 * @module
 */
export { SendGrid, type SendGridOptions } from './client.js';
export type { Clock } from './clock.js';
export type { Contact, ContactsAccepted, ContactsRequest, ImportStatus, List, ListRequest } from './contact-types.js';
export { SendGridError, type SendGridProblem } from './error.js';
export { followImport, importContacts, type ImportOptions, type ImportProgress } from './import-contacts.js';
export type { Attachment, Content, Mail, MailAccepted, MailAddress, Personalization } from './mail-types.js';
export type { StatisticsMetrics, StatisticsPeriod, StatisticsQuery } from './statistics-types.js';
export type { DebugLine, FetchLike } from './transport.js';
