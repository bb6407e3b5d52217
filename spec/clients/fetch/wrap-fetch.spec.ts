import { Readable } from 'node:stream'
import { expect } from 'chai'
import { wrapFetch, type WrapOptions } from '../../../lib/fetch.ts'
import { createTokenManager } from '../../../lib/index.ts'
import { type Emulator, startEmulator, telstraEmulator, type TelstraSystem } from '../../../lib/testing.ts'
import { deferred } from '../../support/deferred.ts'
import { failureOf } from '../../support/failure.ts'
import { realNetwork } from '../../support/real-network.ts'
import { describeBinding } from '../behaviour.ts'

describeBinding({
  name: 'wrapFetch(fetch)',
  stream: (text) => Readable.toWeb(Readable.from([new TextEncoder().encode(text)])),
  bind: (tokens, options) => {
    const wrapped = wrapFetch(fetch, tokens, options as WrapOptions)
    return async (url, { method = 'GET', body, headers, signal, bare } = {}) => {
      const init: Record<string, unknown> = { method, headers, signal, ...(bare && { tokenflight: false }) }
      if (body !== undefined) Object.assign(init, { body, duplex: 'half' })
      const response = await wrapped(url, init)
      return { status: response.status, text: await response.text(), cause: response.cause }
    }
  },
})

describe('wrapFetch(fetch, tokens)', () => {
  realNetwork()
  let emulator: Emulator<TelstraSystem>
  let sms: string
  beforeEach(async () => {
    emulator = await startEmulator(telstraEmulator())
    sms = `${emulator.api}/messages/sms`
  })
  afterEach(() => emulator.close())

  const wrapped = (underlying = fetch): ReturnType<typeof wrapFetch> => {
    const { provider, credentials } = emulator
    return wrapFetch(underlying, createTokenManager({ provider, credentials }))
  }
  const post = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"to":"+61412345678","body":"x"}',
  }

  it('has the name and length of fetch', () => {
    expect(wrapped().name).to.equal(fetch.name)
    expect(wrapped().length).to.equal(fetch.length)
  })

  it('has the manager as `tokens`', async () => {
    const { provider, credentials } = emulator
    const apiFetch = wrapFetch(fetch, { provider, credentials })
    await apiFetch(sms)
    expect(apiFetch.tokens.peek()?.accessToken).to.equal(emulator.issued[0]?.accessToken)
  })

  // Fault 95
  it('replays a Request with its whole body', async () => {
    const apiFetch = wrapped()
    await apiFetch(sms)
    emulator.revokeAll()
    emulator.clearLog()
    expect((await apiFetch(new Request(sms, post))).status).to.equal(201)
    expect(emulator.log.filter(({ kind }) => kind === 'resource').map(({ body }) => body)).to.deep.equal([
      post.body,
      post.body,
    ])
  })

  it('replays a Request with its whole body where Request has no body property', async () => {
    const shown = Object.getOwnPropertyDescriptor(Request.prototype, 'body') ?? {}
    const apiFetch = wrapped()
    await apiFetch(sms)
    emulator.revokeAll()
    Object.defineProperty(Request.prototype, 'body', { get: () => undefined, configurable: true })
    try {
      expect((await apiFetch(new Request(sms, post))).status).to.equal(201)
    } finally {
      Object.defineProperty(Request.prototype, 'body', shown)
    }
    expect(emulator.log.filter(({ method }) => method === 'POST').slice(-1)[0]?.body).to.equal(post.body)
  })

  it('consumes a Request in the tick of the call, also during the wait for a token', async () => {
    const apiFetch = wrapped()
    const gate = deferred()
    emulator.next('token', { hold: gate.promise })
    const waiting = new Request(sms, post)
    const first = apiFetch(waiting)
    expect(waiting.bodyUsed).to.equal(true)
    gate.resolve()
    expect((await first).status).to.equal(201)
    const ready = new Request(sms, post)
    const second = apiFetch(ready)
    expect(ready.bodyUsed).to.equal(true)
    expect((await second).status).to.equal(201)
  })

  it('sends in the tick of the call when a token is available', async () => {
    let sent = 0
    const apiFetch = wrapped((...args) => {
      sent += 1
      return fetch(...args)
    })
    await apiFetch(sms)
    const before = sent
    const under = apiFetch(sms)
    expect(sent).to.equal(before + 1)
    await under
  })

  it('returns the original Response, unread', async () => {
    const answers: Response[] = []
    const apiFetch = wrapped(async (...args) => {
      const answer = await fetch(...args)
      answers.push(answer)
      return answer
    })
    const response = await apiFetch(sms)
    expect(response).to.equal(answers.at(-1))
    expect(response.bodyUsed).to.equal(false)
    expect(response.url).to.equal(sms)
  })

  it('does not change the given headers', async () => {
    const apiFetch = wrapped()
    const object = { 'x-mine': '1' }
    const list: [string, string][] = [['x-mine', '1']]
    const headers = new Headers(object)
    for (const given of [object, list, headers]) await apiFetch(sms, { headers: given })
    expect(object).to.deep.equal({ 'x-mine': '1' })
    expect(list).to.deep.equal([['x-mine', '1']])
    expect([...headers]).to.deep.equal([['x-mine', '1']])
    const sent = emulator.log.filter(({ kind }) => kind === 'resource')
    expect(sent.map(({ headers: one }) => [one['x-mine'], typeof one['authorization']])).to.deep.equal(
      Array.from({ length: 3 }, () => ['1', 'string']),
    )
  })

  it('gives a replaced global fetch its own mutable Headers for each request', async () => {
    const { provider, credentials } = emulator
    const tokens = createTokenManager({ provider, credentials })
    await tokens.token()
    const platform = globalThis.fetch
    const found: (string | null)[] = []
    try {
      globalThis.fetch = (input, init) => {
        const headers = init?.headers as Headers
        found.push(headers.get('x-trace'))
        if (found.length > 1) headers.set('x-trace', String(found.length))
        return platform(input, init)
      }
      const apiFetch = wrapFetch(undefined, tokens)
      for (let calls = 0; calls < 3; calls += 1) await apiFetch(sms)
    } finally {
      globalThis.fetch = platform
    }
    expect(found).to.deep.equal([null, null, null])
    const sent = emulator.log.filter(({ kind }) => kind === 'resource').map(({ headers }) => headers['x-trace'])
    expect(sent).to.deep.equal([undefined, '2', '3'])
  })

  it('rejects with the error of fetch, and never throws', async () => {
    const apiFetch = wrapped() as (...args: unknown[]) => Promise<Response>
    const bare = fetch as (...args: unknown[]) => Promise<Response>
    await apiFetch(sms)
    const used = new Request(sms, post)
    await used.text()
    for (const args of [
      ['/relative'],
      [sms, { headers: { 'bad name': 'x' } }],
      [undefined],
      [used],
      [sms, { method: 'GET', body: 'x' }],
    ]) {
      const [ours, theirs] = [await failureOf(apiFetch(...args)), await failureOf(bare(...args))] as [Error, Error]
      expect(ours.constructor).to.equal(theirs.constructor)
      expect(ours.message).to.equal(theirs.message)
    }
  })

  it('rejects with the reason of the signal, before and during the wait for a token', async () => {
    const apiFetch = wrapped()
    const reason = new Error('enough')
    expect(await failureOf(apiFetch(sms, { signal: AbortSignal.abort(reason) }))).to.equal(reason)
    emulator.always('token', 'hang')
    const controller = new AbortController()
    const waiting = failureOf(apiFetch(sms, { signal: controller.signal }))
    controller.abort(reason)
    expect(await waiting).to.equal(reason)
    expect(emulator.counts.resource).to.equal(0)
  })

  it('throws a TypeError for a value that is no function, and for a source without resources', () => {
    const wrap = wrapFetch as (fetch: unknown, tokens: unknown, options?: unknown) => unknown
    const { provider, credentials } = emulator
    expect(() => wrap('fetch', { provider, credentials })).to.throw(TypeError, /fetch: expected a function, got/)
    const source = { peek: () => undefined, token: () => undefined, renew: () => undefined }
    expect(() => wrap(fetch, source)).to.throw(TypeError, /resources: expected the URLs/)
    expect(() => wrap(fetch, source, { resources: ['not a URL'] })).to.throw(TypeError, /resources\[0\]/)
    expect(() => wrap(fetch, source, { resources: ['http://example.com'] })).to.throw(
      TypeError,
      /resources\[0\]: expected https/,
    )
    for (const options of [null, 'x', 7, ['x']])
      expect(() => wrap(fetch, source, options)).to.throw(TypeError, /options: expected an object, got/)
    expect(() => wrap(fetch, { provider, credentials, grant: 'password' })).to.throw(
      TypeError,
      /grant: expected one of client_credentials/,
    )
  })
})
