import { expect } from 'chai'
import { fetchTransport } from '../../lib/token-endpoint/fetch-transport.ts'
import type { WireRequest } from '../../lib/token-endpoint/transport.ts'
import { scriptedCall } from '../support/token-endpoint-call.ts'
import { behavesAsTransport } from './transport-contract.ts'

const request: WireRequest = {
  method: 'POST',
  url: 'https://api.example/token',
  headers: { 'x-own': 'a' },
  body: 'b=c',
}

interface Seen {
  readonly on: unknown
  readonly url: unknown
  readonly init: RequestInit | undefined
}

/** A fetch that answers 200 and remembers how it was called. */
function remembering(response = new Response('ok')): { readonly fetch: typeof fetch; readonly seen: Seen[] } {
  const seen: Seen[] = []
  const fetch = function (this: unknown, url: unknown, init?: RequestInit): Promise<Response> {
    seen.push({ on: this, url, init })
    return Promise.resolve(response)
  }
  return { fetch, seen }
}

describe('fetchTransport(options)', () => {
  behavesAsTransport(() => fetchTransport())

  describe('the call of fetch', () => {
    it('has no cookies, cache, referrer or redirects', async () => {
      const { fetch, seen } = remembering()
      const conversation = scriptedCall({ prepare: () => request })
      await fetchTransport({ fetch })(conversation)
      expect(seen).to.have.length(1)
      expect(seen[0]?.url).to.equal(request.url)
      expect(seen[0]?.init).to.deep.equal({
        method: 'POST',
        headers: { 'x-own': 'a' },
        body: 'b=c',
        credentials: 'omit',
        cache: 'no-store',
        referrerPolicy: 'no-referrer',
        redirect: 'manual',
        signal: conversation.signal,
      })
    })

    it("has cookies with credentials: 'include'", async () => {
      const { fetch, seen } = remembering()
      await fetchTransport({ fetch, credentials: 'include' })(scriptedCall({ prepare: () => request }))
      expect(seen[0]?.init?.credentials).to.equal('include')
    })

    it('has no `this`, as browsers require', async () => {
      const { fetch, seen } = remembering()
      await fetchTransport({ fetch })(scriptedCall({ prepare: () => request }))
      expect(seen[0]?.on).to.equal(undefined)
    })

    it('has only the options that the runtime supports', async () => {
      const original = globalThis.Request
      const { fetch, seen } = remembering()
      try {
        function Request(): void {
          return undefined
        }
        Request.prototype = { url: '' }
        globalThis.Request = Request as unknown as typeof globalThis.Request
        await fetchTransport({ fetch })(scriptedCall({ prepare: () => request }))
      } finally {
        globalThis.Request = original
      }
      expect(seen[0]?.init).to.include({ redirect: 'manual' }).and.to.not.have.any.keys('credentials', 'cache')
    })

    it('uses the global fetch of the time of the request', async () => {
      const { fetch } = globalThis
      const first = remembering()
      const later = remembering()
      try {
        globalThis.fetch = first.fetch
        const transport = fetchTransport()
        globalThis.fetch = later.fetch
        await transport(scriptedCall({ prepare: () => request }))
      } finally {
        globalThis.fetch = fetch
      }
      expect([first.seen.length, later.seen.length]).to.deep.equal([0, 1])
    })
  })

  // Fault 135
  it('counts a request as not sent if fetch throws', async () => {
    const fetch = (): never => {
      throw new TypeError('refused')
    }
    expect(await fetchTransport({ fetch })(scriptedCall({ prepare: () => request }))).to.deep.equal({
      failure: 'unreachable',
    })
  })

  describe('a runtime with differences', () => {
    it('may return an opaque redirect', async () => {
      const hidden = Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' })
      const { fetch } = remembering(hidden)
      expect(await fetchTransport({ fetch })(scriptedCall({ prepare: () => request }))).to.deep.equal({
        status: 0,
        headers: {},
        text: '',
      })
    })

    it('may have no streams', async () => {
      const { fetch } = remembering(Object.defineProperty(new Response('{"a":1}'), 'body', { value: undefined }))
      expect(await fetchTransport({ fetch })(scriptedCall({ prepare: () => request }))).to.deep.include({
        text: '{"a":1}',
      })
    })
  })

  describe('invalid options', () => {
    const wrong: readonly [unknown, string][] = [
      [{ fetch: 'fetch' }, 'tokenflight: fetch: expected a function, got a string'],
      [{ fetch: null }, 'tokenflight: fetch: expected a function, got null'],
      [
        { fecth: fetch },
        'tokenflight: fecth: expected no option of this name (there are fetch, credentials; perhaps fetch), got a function',
      ],
      [{ 'S3cr3t-9': 'x' }, 'tokenflight: option: expected no option of this name (there are fetch, credentials), got'],
      [
        { credentials: 'inclde' },
        'tokenflight: credentials: expected one of omit, same-origin, include (perhaps include), got "inclde"',
      ],
      [fetch, 'tokenflight: options: expected an object, got a function'],
    ]
    for (const [options, message] of wrong) {
      it(`throw a TypeError at construction: ${message}`, () => {
        expect(() => fetchTransport(options as object)).to.throw(TypeError, message)
      })
    }

    it('include a missing global fetch', () => {
      const { fetch } = globalThis
      try {
        Reflect.deleteProperty(globalThis, 'fetch')
        expect(() => fetchTransport()).to.throw(TypeError, 'tokenflight: fetch: expected a function, got undefined')
      } finally {
        globalThis.fetch = fetch
      }
    })
  })
})
