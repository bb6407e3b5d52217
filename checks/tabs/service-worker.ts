// A service worker that is another member of the session of examples/tabs. It responds to requests of the page to /worker with responses of
// the API: the page has no access to the token.
import { openSession } from '../../examples/tabs/session.ts'
import { wrapFetch } from '../../lib/fetch.ts'

interface FetchEvent extends Event {
  readonly request: Request
  respondWith(response: Promise<Response>): void
}

// It handles no authorization responses: the issuer does not matter.
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
