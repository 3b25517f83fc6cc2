/** What the simulated Figma keeps. @module */

export interface FigmaUser {
  id: string;
  handle: string;
  img_url: string;
}

export interface FigmaComment {
  id: string;
  parentId: string | undefined;
  message: string;
  place: unknown;
  user: FigmaUser;
  createdAtMs: number;
}

export interface FigmaFile {
  key: string;
  name: string;
  project: string;
  /** Whether the account may see it. */
  isShared: boolean;
  touchedAtMs: number;
  /** Oldest first. */
  comments: FigmaComment[];
}

export interface FigmaState {
  me: FigmaUser & { email: string };
  ada: FigmaUser;
  projects: { id: string; name: string }[];
  files: FigmaFile[];
  lastId: number;
}

const BEGUN_AT_MS = Date.UTC(2026, 0, 5, 9);

const user = (id: string, handle: string): FigmaUser => ({ id, handle, img_url: `https://www.figma.com/u/${id}.png` });

export function begin(): FigmaState {
  const ada = user('1002', 'Ada Lovelace');
  const file = (key: string, name: string, project: string, isShared = true): FigmaFile => ({
    key,
    name,
    project,
    isShared,
    touchedAtMs: BEGUN_AT_MS,
    comments: [],
  });
  const onboarding = file('fileOnboarding01', 'Onboarding', '501');
  onboarding.comments.push({
    id: '900',
    parentId: undefined,
    message: 'Larger, please.',
    place: { x: 10, y: 20 },
    user: ada,
    createdAtMs: BEGUN_AT_MS,
  });
  return {
    me: { ...user('1001', 'Fairlead Bot'), email: 'bot@acme.example' },
    ada,
    projects: [
      { id: '501', name: 'Website' },
      { id: '502', name: 'Secret' },
    ],
    files: [onboarding, file('fileCheckout0001', 'Checkout', '501'), file('fileHidden000001', 'Hidden', '502', false)],
    lastId: 1_000,
  };
}
