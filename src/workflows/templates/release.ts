/** The project that `fairlead init --template release` writes. @module */
import { CI, setUp, type TemplateFile } from './parts.js';

const RUN = `// Posts the release notes of a repository. Run it as often as you like: node release.mjs octo/widgets '#releases'
import { createFairlead } from 'fairlead';

const [repository, channel] = process.argv.slice(2);
const fairlead = await createFairlead({ variables: process.env });
try {
  const notes = await fairlead.workflows.releaseNotes({ repository, post: channel });
  console.log(notes.draft);
  console.log(notes.posted === undefined ? notes.state : \`Post: \${notes.posted.state}\`);
} finally {
  await fairlead.close();
}
`;

const TEST = `${setUp(['GithubSandbox', 'SlackSandbox'])}
test('release notes are drafted from every commit, and posted once', async () => {
  const [github, slack] = [new GithubSandbox(), new SlackSandbox()];
  await withFairlead([github, slack], () => ({}), async (fairlead) => {
    const post = () => fairlead.workflows.releaseNotes({ repository: 'octo/widgets', post: '#general' });
    const [first, second] = [await post(), await post()];
    assert.match(first.draft, /## Features/);
    assert.deepEqual([first.posted.state, second.posted.state], ['done', 'replayed']);
    assert.equal(slack.posts.length, 1);
  });
});
`;

export const release: readonly TemplateFile[] = [
  { path: 'release.mjs', text: RUN },
  { path: 'release.test.mjs', text: TEST },
  CI,
];
