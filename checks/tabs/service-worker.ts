// A service worker that is one more member of the session of examples/tabs. It answers the page's requests to /worker with the API's
// responses: the page has no part in the token.
import { createTokenManager } from '../../lib/index.ts'
import { wrapFetch } from '../../lib/fetch.ts'
import { oauth2 } from '../../lib/providers.ts'
import { webStore } from '../../lib/stores/web.ts'

interface FetchEvent extends Event {
  readonly request: Request
  respondWith(response: Promise<Response>): void
}

const tokens = createTokenManager({
  provider: oauth2({
    id: 'tabs',
    api: '/api',
    tokenEndpoint: '/token',
    authorizationEndpoint: '/authorize',
    clientAuthentication: 'none',
    grants: ['authorization_code'],
  }),
  grant: 'authorization_code',
  credentials: { clientId: 'client', redirectUri: `${location.origin}/` },
  account: 'me',
  store: webStore('tabs'),
})
const api = wrapFetch(fetch, tokens, { whenSignedOut: 'send' })

addEventListener('activate', (event) => {
  const { clients } = globalThis as unknown as { readonly clients: { claim(): Promise<void> } }
  ;(event as Event & { waitUntil(promise: Promise<void>): void }).waitUntil(clients.claim())
})
addEventListener('fetch', (event) => {
  const { request } = event as FetchEvent
  const { pathname } = new URL(request.url)
  if (pathname.startsWith('/worker/')) (event as FetchEvent).respondWith(api(pathname.replace('/worker/', '/api/')))
})
