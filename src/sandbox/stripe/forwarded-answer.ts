/** What Stripe's command line tells of the program that it forwards events to. @module */

/** How that program answered to an event. */
export interface ForwardedAnswer {
  eventId: string;
  status: number;
}
