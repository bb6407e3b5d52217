// A service worker that is one more member of the session of examples/tabs. It answers the page's requests to /worker with the API's
// responses: the page has no part in the token.
import { openSession } from '../../examples/tabs/session.ts'
import { wrapFetch } from '../../lib/fetch.ts'

interface FetchEvent extends Event {
  readonly request: Request
  respondWith(response: Promise<Response>): void
}

// It takes no authorization responses: any issuer will do.
const tokens = openSession(location.origin)
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
