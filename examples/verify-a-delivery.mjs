/** Checks the signature of one delivery with nothing but `fairlead/verify`. */
import { createHmac } from 'node:crypto';
import { verify } from 'fairlead/verify';

const secret = 'the secret that you entered at the provider';
const body = JSON.stringify({ action: 'opened' });
const headers = { 'X-Hub-Signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` };

const genuine = verify('github', { headers, body, secrets: [secret], nowMs: Date.now() });
const forged = verify('github', { headers, body: `${body} `, secrets: [secret], nowMs: Date.now() });

console.log('genuine:', genuine.ok ? 'accepted' : genuine.reason);
console.log('changed:', forged.ok ? 'accepted' : forged.reason);
