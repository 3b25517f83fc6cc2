/** A person with a browser, for examples that sign in at simulated providers: keeps cookies, agrees where asked. */
export class SimulatedPerson {
  #cookies = new Map();

  /** One request; redirects are not followed. */
  async open(url, init = {}) {
    const { origin } = new URL(url);
    const jar = this.#cookies.get(origin) ?? new Map();
    this.#cookies.set(origin, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { accept: 'text/html', ...(cookie === '' ? {} : { cookie }), ...init.headers };
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  }

  /** Follows redirects, and agrees on the consent page, until a page or the address of an application is reached. */
  async visit(url, init) {
    const answer = await this.open(url, init);
    const to = answer.headers.get('location');
    if (to !== null) {
      const next = new URL(to, url);
      return /^https?:$/.test(next.protocol) ? this.visit(next.href) : { url: next, text: '' };
    }
    const text = await answer.text();
    const request = /name="request" value="([^"]+)"/.exec(text)?.[1];
    if (request === undefined) return { url: new URL(url), status: answer.status, text };
    const plain = (escaped) => escaped.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code));
    const form = new URLSearchParams({ request: plain(request), decision: 'allow' });
    for (const [, scope] of text.matchAll(/name="scope\[\]" value="([^"]+)"/g)) form.append('scope[]', plain(scope));
    return this.visit(plain(/action="([^"]+)"/.exec(text)[1]), { method: 'POST', body: form });
  }
}
