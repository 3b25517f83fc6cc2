/** What is said of a connection that did not come about. @module */
import type { ConnectFailure } from '../auth/index.js';

/** In plain words: what happened, what to do. */
export const CONNECT_FAILURES: Readonly<Record<ConnectFailure, { title: string; help: string }>> = {
  access_denied: {
    title: 'Access was not given',
    help: 'Nothing was connected. If that was a slip, begin again and choose to allow it.',
  },
  state_invalid: {
    title: 'This request is over',
    help: 'Nothing was connected. A request can be used once and for ten minutes; begin again.',
  },
  maker_over: {
    title: 'This link is over',
    help: 'Nothing was connected: whoever made the link may not any more, because its key was revoked or has ended, or its tenant was deleted. Ask for a new link where you got it.',
  },
  other_browser: {
    title: 'This was begun somewhere else',
    help: 'Nothing was connected, to protect you: finish in the browser in which you began, or begin again here.',
  },
  issuer_mismatch: {
    title: 'The answer came from the wrong place',
    help: 'Nothing was connected and nothing was sent. Begin again; if it happens again, tell whoever runs this.',
  },
  provider_refused: {
    title: 'The provider did not take the request',
    help: 'Nothing was connected. Whoever runs this finds the reason in the log under the id below.',
  },
  code_refused: {
    title: 'The provider gave no access in the last step',
    help: 'Nothing was connected. Begin again; if it happens again, the redirect address registered at the provider may differ from ours.',
  },
  client_invalid: {
    title: 'The provider does not know this installation',
    help: 'Nothing was connected. Whoever runs this has to correct the client id and secret.',
  },
  provider_unavailable: {
    title: 'The provider does not answer at the moment',
    help: 'Nothing was connected. Begin again in a few minutes.',
  },
  wrong_account: {
    title: 'This is another account than before',
    help: 'The connection is as it was. Connect the account that was connected before, or add this one as a new connection.',
  },
  not_configured: {
    title: 'This provider is not set up here',
    help: 'Nothing was connected. Whoever runs this has to set the client id and secret.',
  },
  internal: {
    title: 'Something went wrong on our side',
    help: 'Whoever runs this finds the reason in the log under the id below.',
  },
};
