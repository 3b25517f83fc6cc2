/** What we know of GitHub's API beyond our actions. @source @octokit/openapi (paths) @module */
import type { RawRules } from '../../core/connector.js';

/** What makes tokens, keys or secrets, and what would be another language in one address. */
const NOT_PASSED_ON =
  /^\/(?:app\/installations\/[^/]+\/access_tokens|app-manifests\/|applications\/|login\/|credentials\/)|\/(?:actions\/runners\/(?:registration|remove)-token|generate-jitconfig)$/;
const GRAPHQL = /^\/graphql$/;
const SEARCH = /^\/search\//;
/** Renders text and changes nothing. */
const RENDERS = /^\/markdown(?:\/raw)?$/;

export const raw: RawRules = {
  refuses: ({ path }) => (NOT_PASSED_ON.test(path) ? 'this address hands out credentials' : undefined),
  effect({ method, path }) {
    if (method === 'GET' || RENDERS.test(path)) return 'read';
    // What a GraphQL request changes is not looked into here, so it counts as changing.
    if (method === 'DELETE') return 'delete';
    return method === 'POST' && !GRAPHQL.test(path) ? 'create' : 'update';
  },
  limits: ({ path }) => (SEARCH.test(path) ? [{ bucket: 'search' }] : []),
  touches({ path }) {
    const [, repos, owner, name] = path.split('/');
    return repos === 'repos' && owner !== undefined && name !== undefined
      ? [{ type: 'repository', id: `${owner}/${name}` }]
      : [];
  },
  headers: ['x-github-api-version', 'x-github-next-global-id'],
};
