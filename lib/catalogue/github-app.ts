import { defineProvider } from '../providers/define-provider.ts'

/**
 * GitHub, as an installation of a GitHub App: the credential `assertion` is `signedJwt({ key, claims: { iss: appId, aud: undefined } })`. The key that
 * GitHub gives begins with BEGIN RSA PRIVATE KEY; `openssl pkcs8 -topk8 -nocrypt` writes it as it is needed here.
 *
 * From the documentation as of 2026-11; not checked against the live service.
 */
export const githubApp = /* @__PURE__ */ defineProvider({
  id: 'github-app',
  title: 'GitHub, as an installation of a GitHub App',
  docs: 'https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-an-installation-access-token-for-a-github-app',
  api: 'https://api.github.com',
  headers: { 'X-GitHub-Api-Version': '{apiVersion=2022-11-28}' },
  token: {
    url: '/app/installations/{installationId}/access_tokens',
    encoding: 'json',
    headers: { Authorization: 'Bearer {assertion}', 'X-GitHub-Api-Version': '{apiVersion=2022-11-28}' },
    answer: { token: 'token', lifetime: [{ at: 'expires_at', unit: 'iso' }] },
    // GitHub's errors have no code.
    errors: { code: 'message' },
  },
  grants: { installation: {} },
})
