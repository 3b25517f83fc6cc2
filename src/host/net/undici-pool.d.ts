/** The pool alone: importing all of undici (fetch, WebSocket, caches) takes four times as long. The version is pinned. */
declare module 'undici/lib/dispatcher/pool.js' {
  import { Pool } from 'undici';
  export default Pool;
}
