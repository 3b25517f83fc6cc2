/** Checks the signature, keeps nothing. @module */
import { isSigned, serve } from './server.mjs';

serve((request, body, answer) => answer(isSigned(body, request.headers['x-hub-signature-256']) ? 202 : 401));
