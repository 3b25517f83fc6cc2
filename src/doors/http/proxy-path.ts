/** Where the proxy for official SDKs is on the private listener. @module */

/** First part of all its paths; the provider follows. */
export const PROXY_PATH = '/proxy/';
