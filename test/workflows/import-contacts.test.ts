/** Contacts of a table against the simulated SendGrid: parts, what is left out, a kill in the middle. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SendgridSandbox } from '../../src/sandbox/index.js';
import { contactsOfCsv, importContacts, type ImportMark, type RunOperation } from '../../src/workflows/index.js';
import { Progress } from '../../src/doors/cli/progress.js';
import { setting, type Setting } from './setting.js';

const sendgrid = new SendgridSandbox();
let world: Setting;
beforeAll(async () => {
  world = await setting([sendgrid]);
});
afterAll(() => world.close());

const needsAddress = ({ email }: Readonly<Record<string, string>>): string | undefined =>
  email?.includes('@') ? undefined : 'email: it is no address';
const csv = `E-Mail;First Name;city\n${Array.from({ length: 25 }, (_, at) => `p${at}@example.org;"Ada ""${at}""";Bonn`).join('\n')}`;

describe('a table of contacts', () => {
  it('is read by the names of its columns, and says what it leaves out', () => {
    const { contacts, rejected } = contactsOfCsv(`\ufeff${csv}\nnobody;x;y\n\na@example.org;1;2;3`, needsAddress);
    expect(contacts).toHaveLength(25);
    expect(contacts[1]).toEqual({ email: 'p1@example.org', firstName: 'Ada "1"', city: 'Bonn' });
    expect(rejected).toEqual([
      { row: 27, problem: 'email: it is no address' },
      { row: 28, problem: 'it has more cells than the first row' },
    ]);
  });

  it.each([
    ['', /names no column|no field/],
    ['email,shoe size\na@b.c,4', /shoe size/],
    ['email,Mail\na@b.c,d@e.f', /same field/],
  ])('is refused in words: %j', (text, problem) => {
    expect(() => contactsOfCsv(text, needsAddress)).toThrow(problem);
  });
});

describe('the import', () => {
  it('goes on after a kill, and no part is sent twice', async () => {
    const { contacts } = contactsOfCsv(csv, needsAddress);
    const sent: string[] = [];
    const run: RunOperation = (name, input, options) => {
      if (name.endsWith('addContacts')) sent.push(options?.idempotencyKey ?? '');
      return world.fairlead.run(name, input, options);
    };
    let mark: ImportMark = { run: 'run-1', taken: 0, jobs: [] };
    const wait = async (): Promise<void> => {};
    const killed = importContacts(
      run,
      { contacts, mark, batch: 10 },
      {
        keep: async (next) => {
          // The second part is taken, and the process ends before that is kept.
          if (next.taken === 20) throw new Error('killed');
          mark = next;
        },
        wait,
      },
    );
    await expect(killed).rejects.toThrow('killed');
    const result = await importContacts(run, { contacts, mark, batch: 10 }, { keep: async () => {}, wait });
    expect(result).toMatchObject({ taken: 25, jobs: 3 });
    expect(sent).toEqual(['0:10', '10:10', '10:10', '20:5'].map((part) => `contacts-import:run-1:${part}`));
  });
});

describe('the progress', () => {
  const shown = (isTty: boolean): string => {
    const pieces: string[] = [];
    const progress = new Progress({ isTty, columns: 30, write: (text) => pieces.push(text) }, 100);
    for (let done = 1; done <= 100; done++) progress.at(done);
    progress.end();
    return pieces.join('');
  };
  it('is a bar at a terminal', () => expect(shown(true)).toMatch(/\r\[#{8,}\] 100\/100 100 %\n$/));
  it('is a line for each tenth elsewhere', () => expect(shown(false).trim().split('\n')).toHaveLength(11));
});
