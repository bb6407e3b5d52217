// A wrapped fetch beside a bare one, on the platform itself: only the Authorization header may differ.
import { getEventListeners } from 'node:events'
import { expect } from 'chai'
import { type BearerRequestInit, wrapFetch, type WrapOptions } from '../../../lib/fetch.ts'
import { deferred, type Deferred } from '../../support/deferred.ts'
import { failureOf } from '../../support/failure.ts'
import { type Loopback, type Received, startLoopback } from '../../support/loopback.ts'
import { realNetwork } from '../../support/real-network.ts'
import { staticTokens, type StaticTokens, type StaticTokensOptions } from '../../support/static-tokens.ts'

type Input = Parameters<typeof fetch>[0]
type Arguments = (url: string) => [input: Input, init?: BearerRequestInit]

const text = '{"to":"+61412345678"}'
const bytes = (): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)
const streamed = (...chunks: string[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk))
      controller.close()
    },
  })
const form = (): FormData => {
  const made = new FormData()
  made.append('to', '+61412345678')
  made.append('file', new File([text], 'message.json', { type: 'application/json' }))
  return made
}

const BODIES: readonly [name: string, make: () => BodyInit][] = [
  ['text', () => text],
  ['a URLSearchParams', () => new URLSearchParams({ a: '1', b: 'ü' })],
  ['an ArrayBuffer', () => bytes().buffer],
  ['a typed array', bytes],
  ['a view into a buffer', () => new Uint8Array(bytes().buffer, 3, 5)],
  ['a DataView', () => new DataView(bytes().buffer, 1, 4)],
  ['a Blob', () => new Blob([text], { type: 'application/json' })],
  ['a File', () => new File([text], 'x.json', { type: 'application/json' })],
  ['a FormData', form],
  ['an empty text', () => ''],
]

const STREAM: RequestInit & { duplex: 'half' } = { method: 'POST', duplex: 'half' }

const CALLS: readonly [name: string, make: Arguments][] = [
  ['a text', (url) => [url]],
  ['a URL', (url) => [new URL(url)]],
  ['a Request', (url) => [new Request(url)]],
  ['null for an init', (url) => [url, null as never]],
  ['an empty init', (url) => [url, {}]],
  ['a Request and an empty init', (url) => [new Request(url, { headers: { 'x-a': '1' } }), {}]],
  ['headers in an object', (url) => [url, { headers: { 'X-Odd-CASE': ' 1 ', accept: 'text/plain' } }]],
  [
    'headers in a list',
    (url) => [
      url,
      {
        headers: [
          ['x-a', '1'],
          ['X-A', '2'],
        ],
      },
    ],
  ],
  ['headers in a Headers', (url) => [url, { headers: new Headers({ 'x-a': '1' }) }]],
  ['headers in a Map', (url) => [url, { headers: new Map([['x-a', '1']]) as never }]],
  ['no headers at all', (url) => [url, { headers: undefined as never }]],
  ['a number for a header', (url) => [url, { headers: { 'x-a': 1 as never } }]],
  [
    'an init that overrides a Request',
    (url) => [
      new Request(url, { method: 'PUT', body: 'old', headers: { 'x-a': '1' } }),
      { method: 'PATCH', body: text, headers: { 'x-b': '2' } },
    ],
  ],
  [
    'a Request for an init',
    (url) => [url, new Request('http://other.example', { method: 'POST', headers: { 'x-a': '1' }, body: text })],
  ],
  [
    'an init whose members are inherited',
    (url) => [url, Object.create({ method: 'POST', body: text, headers: { 'x-a': '1' } }) as RequestInit],
  ],
  [
    'credentials, cache, integrity and mode',
    (url) => [url, { credentials: 'omit', cache: 'no-store', mode: 'cors', referrerPolicy: 'origin' }],
  ],
  ['keepalive', (url) => [url, { keepalive: true, method: 'POST', body: text }]],
  ['a stream', (url) => [url, { ...STREAM, body: streamed('a', 'b', 'c') }]],
  ['a Request with a stream', (url) => [new Request(url, { ...STREAM, body: streamed('a', 'b', 'c') })]],
  ...BODIES.flatMap(([name, make]): [string, Arguments][] => [
    [name, (url) => [url, { method: 'POST', body: make() }]],
    [
      `${name}, its type given`,
      (url) => [url, { method: 'PUT', body: make(), headers: { 'content-type': 'x/y', 'idempotency-key': '7' } }],
    ],
    [`a Request with ${name}`, (url) => [new Request(url, { method: 'POST', body: make() })]],
    [`a Request that is given ${name}`, (url) => [new Request(url, { method: 'POST' }), { body: make() }]],
  ]),
]

const REFUSED: readonly [name: string, make: (url: string) => readonly unknown[]][] = [
  ['nothing', () => []],
  ['undefined', () => [undefined]],
  ['null', () => [null]],
  ['a number', () => [7]],
  ['a relative URL', () => ['/relative']],
  ['what is no URL', () => ['http://']],
  ['another scheme', () => ['ftp://api.example.com']],
  ['a header name with a space', (url) => [url, { headers: { 'bad name': 'x' } }]],
  ['a header value with a line break', (url) => [url, { headers: { 'x-a': 'x\ny' } }]],
  ['a header value beyond Latin-1', (url) => [url, { headers: [['x-a', 'ł']] }]],
  ['headers that are a number', (url) => [url, { headers: 5 }]],
  ['headers that are a list of one', (url) => [url, { headers: [['x-a']] }]],
  ['an init that is text', (url) => [url, 'POST']],
  ['a body with GET', (url) => [url, { method: 'GET', body: 'x' }]],
  ['a method with a space', (url) => [url, { method: 'A B' }]],
  ['a forbidden method', (url) => [url, { method: 'CONNECT' }]],
  ['a mode that is none', (url) => [url, { mode: 'navigate' }]],
  ['a signal that is none', (url) => [url, { signal: {} }]],
  ['a stream without duplex', (url) => [url, { method: 'POST', body: streamed('x') }]],
  [
    'a locked stream',
    (url) => {
      const body = streamed('x')
      body.getReader()
      return [url, { ...STREAM, body }]
    },
  ],
  ['a user in the URL', (url) => [url.replace('//', '//me:secret@')]],
  ['redirect: "error" where one comes', (url) => [`${url}/redirect`, { redirect: 'error' }]],
  ['a server that hangs up', (url) => [`${url}/drop`]],
  ['a port where nobody listens', () => ['http://127.0.0.1:1/']],
]

describe('A wrapped fetch compared with fetch', () => {
  realNetwork()
  let server: Loopback
  let url: string
  let refuse: (request: Received) => boolean
  beforeEach(async () => {
    refuse = () => false
    server = await startLoopback((response, request) => {
      if (request.url.endsWith('/redirect')) response.writeHead(302, { location: '/landed' }).end()
      else if (request.url.endsWith('/drop')) response.destroy()
      else if (refuse(request)) response.writeHead(401, { 'x-answer': '1' }).end('refused')
      else response.writeHead(201, 'Made', { 'x-answer': '2', 'content-type': 'text/plain' }).end('welcome')
    })
    url = `${server.url}/v2`
  })
  afterEach(() => server.close())

  const wrap = async (
    options: StaticTokensOptions & { fetch?: typeof fetch; binding?: WrapOptions } = {},
  ): Promise<{ wrapped: typeof fetch; tokens: StaticTokens }> => {
    const tokens = await staticTokens({ site: { resources: [server.url] }, ...options })
    return { wrapped: wrapFetch(options.fetch, tokens, options.binding), tokens }
  }
  /** The received requests, with equal boundaries and without the token. */
  const arrived = (): object[] =>
    server.received.map(({ headers, body, ...rest }) => {
      const alike = (given: unknown): unknown =>
        JSON.parse(JSON.stringify(given).replace(/(?<=formdata-undici-)\d+/g, 'BOUNDARY'))
      return { ...rest, headers: alike({ ...headers, authorization: '' }), body: alike(body) }
    })
  const shown = async (response: Response): Promise<object> => {
    const { status, statusText, ok, url: from, redirected, type, bodyUsed, headers } = response
    const rest = { ...Object.fromEntries(headers), date: '' }
    return { status, statusText, ok, from, redirected, type, bodyUsed, rest, text: await response.text() }
  }

  for (const [name, make] of CALLS) {
    it(`sends the same bytes and headers, and gives the same response, for ${name}`, async () => {
      const { wrapped } = await wrap()
      const theirs = await shown(await fetch(...make(url)))
      const ours = await shown(await wrapped(...make(url)))
      expect(ours).to.deep.equal(theirs)
      const [bare, dressed] = arrived()
      expect(dressed).to.deep.equal(bare)
      expect(server.received.map(({ headers }) => headers['authorization'])).to.deep.equal([
        undefined,
        'Bearer secret-1',
      ])
    })

    it(`sends the same after a wait for a token, for ${name}`, async () => {
      const gate = deferred()
      const { wrapped } = await wrap({ until: gate.promise })
      await fetch(...make(url))
      const waiting = wrapped(...make(url))
      gate.resolve()
      expect((await waiting).status).to.equal(201)
      const [bare, dressed] = arrived()
      expect(dressed).to.deep.equal(bare)
    })
  }

  for (const [name, make] of CALLS.filter(([each]) => !/stream|for an init/.test(each))) {
    it(`replays the same bytes and headers, for ${name}`, async () => {
      const { wrapped, tokens } = await wrap()
      refuse = ({ headers }) => headers['authorization'] === 'Bearer secret-1'
      expect((await wrapped(...make(url))).status).to.equal(201)
      expect(tokens.renewals).to.equal(1)
      const [first, second] = server.received
      expect({ ...second, headers: { ...second?.headers, authorization: '' } }).to.deep.equal({
        ...first,
        headers: { ...first?.headers, authorization: '' },
      })
      expect(second?.headers['authorization']).to.equal('Bearer secret-2')
    })
  }

  for (const [name, make] of REFUSED) {
    for (const waiting of [false, true]) {
      it(`rejects with the same error, ${waiting ? 'after a wait' : 'at once'}, and does not throw, for ${name}`, async () => {
        const { wrapped } = await wrap(waiting ? { until: Promise.resolve() } : {})
        const call = (which: typeof fetch): Promise<Error> =>
          failureOf((which as (...args: unknown[]) => Promise<unknown>)(...make(url))) as Promise<Error>
        const theirs = await call(fetch)
        const ours = await call(wrapped)
        const facts = ({ name: kind, message, constructor, cause }: Error): unknown[] => [
          kind,
          message,
          constructor,
          (cause as Error | undefined)?.message,
        ]
        expect(facts(ours)).to.deep.equal(facts(theirs))
      })
    }
  }

  for (const address of ['data:text/plain,hello', 'blob']) {
    it(`reads a ${address.slice(0, 4)}: URL`, async () => {
      const { wrapped } = await wrap()
      const asked = address === 'blob' ? URL.createObjectURL(new Blob(['hello'])) : address
      expect(await (await wrapped(asked)).text()).to.equal('hello')
    })
  }

  it('follows redirects', async () => {
    const { wrapped } = await wrap()
    const theirs = await shown(await fetch(`${url}/redirect`))
    expect(await shown(await wrapped(`${url}/redirect`))).to.deep.equal(theirs)
    const manual = { redirect: 'manual' } as const
    const manually = await shown(await fetch(`${url}/redirect`, manual))
    expect(await shown(await wrapped(`${url}/redirect`, manual))).to.deep.equal(manually)
  })

  it('returns the original Response, with immutable headers', async () => {
    let made: Response | undefined
    const { wrapped } = await wrap({ fetch: async (...args) => (made = await fetch(...args)) })
    const response = await wrapped(url)
    expect(response).to.equal(made)
    expect(response.bodyUsed).to.equal(false)
    expect(() => {
      response.headers.set('x', 'y')
    }).to.throw(TypeError, /immutable/)
  })

  describe('consumes in the tick of the call', () => {
    const post = (): Request => new Request(url, { method: 'POST', body: text })
    for (const waiting of [false, true]) {
      it(`a Request with a body, ${waiting ? 'while a token is waited for' : 'with a token at hand'}`, async () => {
        const gate = deferred()
        const { wrapped } = await wrap(waiting ? { until: gate.promise } : {})
        for (const init of [undefined, {}, { headers: { 'x-a': '1' } }]) {
          const request = post()
          const call = wrapped(request, init)
          expect(request.bodyUsed).to.equal(true)
          gate.resolve()
          expect((await call).status).to.equal(201)
        }
      })
    }

    it('no Request without a body, or with another body in init', async () => {
      const { wrapped } = await wrap()
      const bodiless = new Request(url)
      const replaced = post()
      const calls = [wrapped(bodiless), wrapped(replaced, { body: 'other' })]
      expect([bodiless.bodyUsed, replaced.bodyUsed]).to.deep.equal([false, false])
      await Promise.all(calls)
      expect(server.received.map(({ body }) => body)).to.include('other')
    })
  })

  it('is unaffected by changes to its arguments during the wait for a token', async () => {
    const gate = deferred()
    const { wrapped } = await wrap({ until: gate.promise })
    const view = bytes()
    const params = new URLSearchParams({ a: '1' })
    const fields = form()
    const headers = new Headers({ 'x-a': '1' })
    const plain = { 'x-a': '1' }
    const init: { method: string; body: BodyInit; headers: HeadersInit } = { method: 'PUT', body: view, headers }
    const calls = [
      wrapped(url, init),
      wrapped(url, { method: 'PUT', body: params, headers: plain }),
      wrapped(url, { method: 'PUT', body: fields }),
    ]
    view.fill(0)
    params.set('a', '2')
    fields.delete('file')
    headers.set('x-a', '2')
    plain['x-a'] = '2'
    init.method = 'DELETE'
    gate.resolve()
    await Promise.all(calls)
    expect(server.received.map(({ method }) => method)).to.deep.equal(['PUT', 'PUT', 'PUT'])
    const bodies = server.received.map(({ body }) => body)
    expect(bodies).to.include.members([text, 'a=1'])
    expect(bodies.join('')).to.contain('message.json')
    expect(server.received.map(({ headers: sent }) => sent['x-a']).filter(Boolean)).to.deep.equal(['1', '1'])
  })

  it('replays bytes as they were at the call', async () => {
    const { wrapped } = await wrap()
    refuse = ({ headers }) => headers['authorization'] === 'Bearer secret-1'
    const view = bytes()
    const call = wrapped(url, { method: 'PUT', body: view })
    view.fill(0)
    await call
    expect(server.received.map(({ body }) => body)).to.deep.equal([text, text])
  })

  it('does not clone a Request without a body, and sends at once when a token is available', async () => {
    const seen: Request[] = []
    const { wrapped } = await wrap({
      fetch: (input) => {
        seen.push(input as Request)
        return Promise.resolve(new Response('x'))
      },
    })
    const original = new Request(url, { referrer: 'about:client', referrerPolicy: 'unsafe-url' })
    const clone = Object.getOwnPropertyDescriptor(Request.prototype, 'clone')
    let clones = 0
    Object.defineProperty(Request.prototype, 'clone', {
      configurable: true,
      value: () => {
        clones += 1
      },
    })
    try {
      const call = wrapped(original)
      expect(seen).to.have.length(1)
      await call
      await wrapped(new Request(url, { ...STREAM, body: streamed('x') }))
      expect(clones).to.equal(0)
    } finally {
      if (clone) Object.defineProperty(Request.prototype, 'clone', clone)
    }
    expect(seen[0]?.referrerPolicy).to.equal(new Request(original).referrerPolicy)
    expect(original.headers.has('authorization')).to.equal(false)
  })

  it('keeps the referrer of a Request, also with other options in init', async () => {
    const seen: [Request, RequestInit | undefined][] = []
    const { wrapped } = await wrap({
      fetch: (input, init) => {
        seen.push([new Request(input, init), init])
        return Promise.resolve(new Response('x'))
      },
    })
    const options = { referrer: 'no-referrer', referrerPolicy: 'no-referrer' } as const
    const make = (): Request => new Request(url, { ...options, referrer: '' })
    const dispatcher = { dispatch: () => true }
    await wrapped(make())
    await wrapped(make(), {})
    await wrapped(make(), { dispatcher } as RequestInit)
    await wrapped(url, { dispatcher, priority: 'high' } as RequestInit)
    const bare = new Request(make(), { dispatcher } as RequestInit)
    // Node 24 keeps no referrer of a Request that is made of another.
    const kept = new Request(new Request(make())).referrer
    expect(seen.map(([{ referrer }]) => referrer)).to.deep.equal([kept, kept, bare.referrer, 'about:client'])
    expect(seen[2]?.[1]).to.include({ dispatcher })
    expect(seen[3]?.[1]).to.include({ dispatcher, priority: 'high' })
  })

  for (const tokenflight of ['false', 5, null, { bodi: 1 }, { body: text }])
    it(`rejects for tokenflight: ${JSON.stringify(tokenflight)}, and sends no request`, async () => {
      const { wrapped } = await wrap({ fetch: () => Promise.reject(new Error('sent')) })
      const error = await failureOf(wrapped(url, { tokenflight } as RequestInit))
      expect(error).to.be.instanceOf(TypeError)
      expect(String(error)).to.match(/tokenflight(\.bod[yi])?: expected/)
    })

  it('passes no `tokenflight` to the underlying fetch', async () => {
    const seen: object[] = []
    const { wrapped } = await wrap({
      fetch: (_, init) => {
        seen.push(init ?? {})
        return Promise.resolve(new Response('x'))
      },
    })
    const tokenflight = { body: () => text }
    await wrapped(url, { method: 'POST', body: text, tokenflight } as RequestInit)
    await wrapped(new Request(url), { tokenflight } as RequestInit)
    for (const init of seen) expect(init).to.not.have.property('tokenflight')
  })

  describe('with a signal', () => {
    const reason = new Error('enough')
    const CASES: readonly [name: string, make: (signal: AbortSignal) => [Input, RequestInit?]][] = [
      ['of an init', (signal) => [url, { signal }]],
      ['of a Request', (signal) => [new Request(url, { signal })]],
      ['of an init beside a Request', (signal) => [new Request(url), { signal }]],
    ]
    for (const [name, make] of CASES) {
      it(`${name}, aborted before the call: rejects with the reason, and sends no request`, async () => {
        for (const options of [{}, { until: new Promise(() => undefined) }]) {
          const { wrapped } = await wrap(options)
          expect(await failureOf(wrapped(...make(AbortSignal.abort(reason))))).to.equal(reason)
        }
        expect(server.received).to.deep.equal([])
      })

      it(`${name}, aborted during the wait for a token: rejects with the reason, and cancels the body`, async () => {
        const { wrapped } = await wrap({ until: new Promise(() => undefined) })
        const controller = new AbortController()
        const [input, init] = make(controller.signal)
        const cancelled = deferred<unknown>()
        const body = new ReadableStream({ cancel: cancelled.resolve })
        const call = failureOf(wrapped(input, { ...STREAM, ...init, body }))
        controller.abort(reason)
        expect(await call).to.equal(reason)
        expect(await cancelled.promise).to.equal(reason)
      })

      it(`${name}, aborted in the tick of the call: rejects with the reason`, async () => {
        for (const options of [{}, { until: Promise.resolve() }]) {
          const { wrapped } = await wrap(options)
          const controller = new AbortController()
          const call = failureOf(wrapped(...make(controller.signal)))
          controller.abort(reason)
          expect(await call).to.equal(reason)
        }
      })
    }

    it('aborted during the request or while the body is read: rejects as fetch does', async () => {
      const hold = deferred()
      const slow = await startLoopback((response, _, nth) => {
        if (nth === 1) hold.resolve()
        else response.writeHead(200).write('half')
      })
      const tokens = await staticTokens({ site: { resources: [slow.url] } })
      const wrapped = wrapFetch(fetch, tokens)
      const controller = new AbortController()
      const inFlight = failureOf(wrapped(slow.url, { signal: controller.signal }))
      await hold.promise
      controller.abort(reason)
      expect(await inFlight).to.equal(reason)
      const later = new AbortController()
      const responses = [
        await wrapped(slow.url, { signal: later.signal }),
        await fetch(slow.url, { signal: later.signal }),
      ]
      later.abort(reason)
      const [ours, theirs] = await Promise.all(responses.map((response) => failureOf(response.text())))
      expect((ours as Error).name).to.equal((theirs as Error).name)
      await slow.close()
    })

    it('null in init removes the signal of a Request', async () => {
      for (const options of [{}, { until: Promise.resolve() }]) {
        const { wrapped } = await wrap(options)
        const request = new Request(url, { signal: AbortSignal.abort(reason) })
        expect((await wrapped(request, { signal: null })).status).to.equal(201)
      }
    })

    it('aborted before the call cancels the body in that tick', async () => {
      const { wrapped } = await wrap({ until: new Promise(() => undefined) })
      let cancelled: unknown
      const body = new ReadableStream({
        cancel: (why) => {
          cancelled = why
        },
      })
      const call = failureOf(wrapped(url, { ...STREAM, body, signal: AbortSignal.abort(reason) }))
      expect(cancelled).to.equal(reason)
      await call
    })

    it('leaves no listener on the signal', async () => {
      const { wrapped } = await wrap({ until: Promise.resolve() })
      const [ours, theirs] = [new AbortController(), new AbortController()]
      await (await wrapped(url, ours)).text()
      await (await fetch(url, theirs)).text()
      const listeners = ({ signal }: AbortController): number => getEventListeners(signal, 'abort').length
      // Node 26 takes its own away a moment after the answer.
      expect(listeners(ours)).to.be.at.most(listeners(theirs))
    })
  })

  describe('with a stream', () => {
    it('lets the server read while the stream is written', async () => {
      for (const kind of ['init', 'Request']) {
        const begun = deferred()
        const reader = await startLoopback((response) => response.end('read'), begun.resolve)
        const address = reader.url
        const wrapped = wrapFetch(fetch, await staticTokens({ site: { resources: [address] } }))
        let writer: ReadableStreamDefaultController<Uint8Array> | undefined
        const body = new ReadableStream<Uint8Array>({
          start: (controller) => {
            writer = controller
          },
        })
        const init = { ...STREAM, body }
        const call = kind === 'init' ? wrapped(address, init) : wrapped(new Request(address, init))
        writer?.enqueue(bytes())
        await begun.promise
        writer?.close()
        expect(await (await call).text()).to.equal('read')
        await reader.close()
      }
    })

    it('reads no further than the underlying fetch requests, for init and Request', async () => {
      for (const kind of ['init', 'Request']) {
        let pulled = 0
        const body = new ReadableStream<Uint8Array>({
          pull(controller) {
            pulled += 1
            controller.enqueue(bytes())
          },
        })
        const never: Deferred<Response> = deferred()
        const { wrapped } = await wrap({ fetch: () => never.promise })
        void (kind === 'init' ? wrapped(url, { ...STREAM, body }) : wrapped(new Request(url, { ...STREAM, body })))
        await new Promise(setImmediate)
        expect(pulled).to.be.lessThan(4)
      }
    })

    it('returns the 401, renews for the next request, and replays with a body from tokenflight.body', async () => {
      for (const kind of ['init', 'Request'] as const) {
        const { wrapped, tokens } = await wrap()
        refuse = ({ headers }) => headers['authorization'] === 'Bearer secret-1'
        const init = (): RequestInit => ({ ...STREAM, body: streamed('a', 'b') })
        const make = (): [Input, RequestInit?] => (kind === 'init' ? [url, init()] : [new Request(url, init())])
        const response = await wrapped(...make())
        expect(response.status).to.equal(401)
        expect(await response.text()).to.equal('refused')
        expect(tokens.renewals).to.equal(1)
        expect((await wrapped(url)).status).to.equal(201)
        const again = await wrap()
        const [input, given] = make()
        const tokenflight = { body: () => streamed('c', 'd') }
        expect((await again.wrapped(input, { ...given, tokenflight } as RequestInit)).status).to.equal(201)
        expect(server.received.at(-1)?.body).to.equal('cd')
      }
    })
  })

  it('uses the global fetch of each call where fetch is undefined', async () => {
    const { wrapped } = await wrap()
    const original = globalThis.fetch
    expect((await wrapped(url)).status).to.equal(201)
    try {
      globalThis.fetch = () => Promise.resolve(new Response('stood in'))
      expect(await (await wrapped(url)).text()).to.equal('stood in')
    } finally {
      globalThis.fetch = original
    }
    expect([wrapped.name, wrapped.length]).to.deep.equal([fetch.name, fetch.length])
  })

  it('passes headers in the given form to another fetch', async () => {
    const seen: unknown[] = []
    const { wrapped } = await wrap({
      fetch: (_, init) => {
        seen.push(init?.headers)
        return Promise.resolve(new Response('x'))
      },
    })
    await wrapped(url, { headers: { 'x-a': '1' } })
    await wrapped(url, { headers: [['x-a', '1']] })
    await wrapped(url, { headers: new Headers({ 'x-a': '1' }) })
    await wrapped(url)
    expect(seen[0]).to.deep.equal({ 'x-a': '1', Authorization: 'Bearer secret-1' })
    expect(seen[1]).to.deep.equal([
      ['x-a', '1'],
      ['Authorization', 'Bearer secret-1'],
    ])
    expect(seen[2]).to.be.instanceOf(Headers)
    expect(seen[3]).to.deep.equal({ Authorization: 'Bearer secret-1' })
  })

  for (const [spelling, value, sent] of [
    ['Authorization', 'Basic mine', 'Basic mine'],
    ['AUTHORIZATION', 'Basic mine', 'Basic mine'],
    ['authorization', '', ''],
    ['aUthorization', false, undefined],
    ['authorization', undefined, 'Bearer secret-1'],
  ] as const) {
    it(`keeps ${spelling}: ${String(value)} of the caller`, async () => {
      const { wrapped } = await wrap()
      await wrapped(url, { headers: { [spelling]: value } as never })
      await wrapped(url, { headers: [['x-a', '1'], ...(value === undefined ? [] : [[spelling, value] as never])] })
      expect(server.received.map(({ headers }) => headers['authorization'])).to.deep.equal([sent, sent])
    })
  }

  it('keeps Authorization of a Request', async () => {
    const { wrapped } = await wrap()
    await wrapped(new Request(url, { headers: { authorization: 'Basic mine' } }))
    await wrapped(new Request(url, { headers: { authorization: 'Basic mine' } }), { headers: { 'x-a': '1' } })
    const sent = server.received.map(({ headers }) => headers['authorization'])
    expect(sent).to.deep.equal(['Basic mine', 'Bearer secret-1'])
  })

  it('attaches no token where the caller sets the query parameter of the token', async () => {
    const site = { resources: [server.url], placement: { query: 'key' } }
    const { wrapped } = await wrap({ site })
    await wrapped(`${url}?key=mine`)
    await wrapped(`${url}?page=2`)
    await wrapped(new Request(`${url}?page=3`, { method: 'POST', body: text }))
    expect(server.received.map((request) => request.url)).to.deep.equal([
      '/v2?key=mine',
      '/v2?page=2&key=secret-1',
      '/v2?page=3&key=secret-1',
    ])
    expect(server.received.at(-1)?.body).to.equal(text)
  })
})
