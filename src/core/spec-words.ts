/** From a sentence to the words that are compared: split, without their endings, and the words that mean the same. @module */

/** Words that say nothing about what is done. */
const EMPTY = new Set(
  'a an and are as at be by can do does did for from has have he her him himself his how i in into is it its let me my of off on one or our she so some someone somebody that the their them then there they this to up us was we were what when where whether which who whom whose why will with you your'.split(
    ' ',
  ),
);

/** Plain English for what people do with software; no word of any provider. */
const GROUPS: readonly (readonly string[])[] = [
  ['create', 'make', 'add', 'new', 'open', 'begin', 'start', 'register', 'file', 'insert', 'book', 'schedule', 'put'],
  ['read', 'get', 'show', 'see', 'fetch', 'look', 'view', 'retrieve', 'download', 'check'],
  ['list', 'all', 'every', 'exist', 'browse'],
  ['find', 'search', 'query', 'filter', 'look', 'lookup'],
  ['delete', 'remove', 'drop', 'erase', 'take', 'back', 'trash', 'unsend', 'undo'],
  ['update', 'change', 'edit', 'modify', 'set', 'correct', 'fix', 'rename', 'assign', 'close', 'reopen', 'adjust'],
  ['send', 'post', 'write', 'tell', 'say', 'notify', 'publish'],
  ['message', 'text', 'note', 'something'],
  ['mail', 'email', 'letter', 'inbox'],
  ['comment', 'reply', 'answer', 'remark', 'respond', 'feedback', 'review'],
  ['issue', 'bug', 'ticket', 'problem', 'defect', 'story'],
  ['refund', 'reimburse', 'give', 'back', 'repay', 'return'],
  ['customer', 'client', 'buyer', 'payer', 'shopper'],
  ['person', 'people', 'user', 'member', 'colleague', 'assignee', 'recipient', 'contact', 'subscriber', 'attendee'],
  ['channel', 'room', 'group'],
  ['event', 'meeting', 'appointment', 'entry'],
  ['cancel', 'end', 'stop', 'terminate', 'quit'],
  ['subscription', 'subscribe', 'recurring', 'membership'],
  ['plan', 'price', 'tier', 'upgrade', 'downgrade'],
  ['cost', 'estimate', 'preview', 'quote', 'calculate'],
  ['tax', 'vat', 'gst'],
  ['payment', 'pay', 'charge', 'money', 'buy', 'purchase', 'card', 'checkout'],
  ['bill', 'billing', 'invoice', 'receipt'],
  ['page', 'document', 'file', 'doc', 'article'],
  ['content', 'body', 'download', 'bytes'],
  ['row', 'cell', 'record', 'line'],
  ['database', 'table', 'sheet', 'spreadsheet', 'range'],
  ['block', 'paragraph', 'section', 'append', 'text'],
  ['design', 'drawing', 'picture', 'canvas', 'mockup'],
  ['release', 'version', 'ship', 'deploy', 'tag'],
  ['commit', 'diff', 'change'],
  ['repeat', 'redeliver', 'again', 'retry', 'attempt'],
  ['late', 'last', 'recent', 'new'],
  ['statistic', 'stat', 'count', 'number', 'many', 'metric', 'report', 'analytic'],
  ['bounce', 'block', 'unsubscribe', 'suppress', 'complaint', 'spam'],
  ['status', 'state', 'progress', 'arrive', 'become', 'outcome'],
  ['team', 'group', 'organisation', 'organization', 'workspace'],
  ['many', 'batch', 'bulk', 'several', 'upload', 'import', 'mass'],
  ['audience', 'list', 'segment'],
  ['folder', 'directory', 'project'],
  ['host', 'checkout', 'page', 'session'],
  ['portal', 'manage', 'self'],
];

/** One spelling for `creates`, `created`, `creating`; a crude one is enough where both sides go through it. */
export function stemOf(word: string): string {
  if (word.length <= 3) return word;
  let stem = word.replace(/(?:ies)$/, 'y').replace(/(?:sses)$/, 'ss');
  stem = stem.replace(/([^s])s$/, '$1');
  stem = stem.replace(/(?:ations?|ating|ated|ate)$/, 'at').replace(/(?:ing|ed)$/, '');
  return stem.length < 3 ? word : stem.replace(/e$/, '').replace(/([^aeiouls])\1$/, '$1');
}

const RELATED: ReadonlyMap<string, readonly string[]> = relations();

function relations(): Map<string, string[]> {
  const related = new Map<string, Set<string>>();
  for (const group of GROUPS) {
    const stems = group.map(stemOf);
    for (const stem of stems) related.set(stem, new Set([...(related.get(stem) ?? []), ...stems]));
  }
  return new Map([...related].map(([stem, others]) => [stem, [...others].filter((other) => other !== stem)]));
}

/** Stems of the words of a text, in order; `sendMessage` and `email_id` are two words each. */
export function stemsOf(text: string): string[] {
  const plain = text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replaceAll('e-mail', 'email');
  return (plain.match(/[\p{L}\p{N}]+/gu) ?? []).filter((word) => !EMPTY.has(word)).map(stemOf);
}

/** Stems that mean about the same. */
export function relatedTo(stem: string): readonly string[] {
  return RELATED.get(stem) ?? [];
}
