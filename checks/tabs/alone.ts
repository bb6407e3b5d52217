// The page of examples/tabs without coordination: tabs read and write the newest refresh token in localStorage without locks.
import { createTokenManager } from '../../lib/index.ts'
import { wrapFetch } from '../../lib/fetch.ts'

const PAUSE = 250
const KEY = 'refresh-token'
// Of RFC 7636, appendix B.
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

interface Answer {
  readonly access_token: string
  readonly refresh_token: string
  readonly expires_in: number
}

const tokens = createTokenManager({
  resources: ['/api'],
  getToken: () => ask({ grant_type: 'refresh_token', refresh_token: localStorage.getItem(KEY) ?? '' }),
})
const api = wrapFetch(fetch, tokens)

async function ask(params: Record<string, string>): Promise<{ accessToken: string; expiresIn: number }> {
  const response = await fetch('/token', {
    method: 'POST',
    body: new URLSearchParams({ client_id: 'client', ...params }),
  })
  if (!response.ok) throw Object.assign(new Error('refused'), { status: 401 })
  const {
    access_token: accessToken,
    refresh_token: refreshToken,
    expires_in: expiresIn,
  } = (await response.json()) as Answer
  localStorage.setItem(KEY, refreshToken)
  return { accessToken, expiresIn }
}

function element(id: string): Element {
  const found = document.getElementById(id)
  if (!found) throw new Error(`no element ${id}`)
  return found
}

function count(id: string): void {
  element(id).textContent = String(Number(element(id).textContent) + 1)
}

function isOver(): boolean {
  return tokens.status === 'signed-out' || tokens.status === 'ended'
}

element('log-in').addEventListener('click', () => {
  const redirectUri = encodeURIComponent(`${location.origin}/`)
  const pkce = `code_challenge_method=S256&code_challenge=${CHALLENGE}`
  location.assign(`/authorize?response_type=code&client_id=client&state=s&${pkce}&redirect_uri=${redirectUri}`)
})
tokens.on('status', ({ status }) => (element('status').textContent = status))
// Another tab has logged in or renewed: tabs continue at random times.
addEventListener('storage', () => {
  setTimeout(() => {
    if (isOver()) tokens.adopt({ refreshToken: 'the newest' }).catch(() => undefined)
  }, Math.random() * 1_000)
})

const code = new URL(location.href).searchParams.get('code')
history.replaceState(null, '', '/')
if (code !== null)
  await tokens.adopt(
    await ask({
      grant_type: 'authorization_code',
      code,
      code_verifier: VERIFIER,
      redirect_uri: `${location.origin}/`,
    }),
  )
else if (localStorage.getItem(KEY) !== null) await tokens.adopt({ refreshToken: 'the newest' }).catch(() => undefined)
element('status').textContent = tokens.status

for (;;) {
  await new Promise((resolve) => setTimeout(resolve, PAUSE))
  if (isOver()) continue
  const { ok } = await api('/api/echo').catch(() => Response.error())
  count(ok ? 'served' : 'failed')
}
