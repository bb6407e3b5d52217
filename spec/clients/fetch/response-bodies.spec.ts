// Bodies of responses that are read to judge them: bounded, and there for the caller too.
import { expect } from 'chai'
import { wrapFetch } from '../../../lib/fetch.ts'
import { OriginBreakers } from '../../../lib/token/origin-breaker.ts'
import { VirtualClock } from '../../support/clock.ts'
import { type Loopback, startLoopback } from '../../support/loopback.ts'
import { realNetwork } from '../../support/real-network.ts'
import { staticTokens } from '../../support/static-tokens.ts'

const readers = {
  text: (response: Response) => response.text(),
  json: (response: Response) => response.json() as Promise<unknown>,
  arrayBuffer: (response: Response) => response.arrayBuffer(),
  blob: (response: Response) => response.blob(),
  'the stream': (response: Response) => response.body?.getReader().read(),
  'a clone': (response: Response) => response.clone().text(),
}

describe('isAuthFailure of wrapFetch', () => {
  const answer = { error: 'other' }
  const wrapped = async (isAuthFailure: (response: Response) => boolean | Promise<boolean>): Promise<typeof fetch> =>
    wrapFetch(
      () => Promise.resolve(Response.json(answer, { status: 403, headers: { 'x-a': '1' } })),
      await staticTokens(),
      {
        resources: ['https://api.example'],
        isAuthFailure,
      },
    )

  for (const [name, read] of Object.entries(readers)) {
    // Fault 129
    it(`can read the body (${name}), and so can the caller`, async () => {
      const call = await wrapped(async (response) => {
        await read(response)
        return false
      })
      const response = await call('https://api.example/x')
      expect(response.bodyUsed).to.equal(false)
      expect(await response.json()).to.deep.equal(answer)
    })
  }

  // Fault 129
  it('gets a Response with status, headers, class and bodyUsed', async () => {
    const seen: unknown[] = []
    const call = await wrapped(async (response) => {
      const { status, ok, bodyUsed } = response
      seen.push(response instanceof Response, status, ok, response.headers.get('x-a'), bodyUsed)
      await response.text()
      seen.push(response.bodyUsed)
      return false
    })
    await call('https://api.example/x')
    expect(seen).to.deep.equal([true, 403, false, '1', false, true])
  })

  // Fault 129
  it('copies the body only if it is read', async () => {
    let clones = 0
    const given = Object.assign(new Response('x'), {
      clone: () => {
        clones += 1
        return new Response('x')
      },
    })
    const call = wrapFetch(() => Promise.resolve(given), await staticTokens(), {
      resources: ['https://api.example'],
      isAuthFailure: ({ status }) => status === 418,
    })
    expect(await call('https://api.example/x')).to.equal(given)
    expect(clones).to.equal(0)
  })

  // Fault 128
  it('is not called for an opaque response', async () => {
    const opaque = Object.defineProperties(new Response(null), { status: { value: 0 }, type: { value: 'opaque' } })
    const tokens = await staticTokens()
    const call = wrapFetch(() => Promise.resolve(opaque), tokens, {
      resources: ['https://api.example'],
      isAuthFailure: () => true,
    })
    expect(await call('https://api.example/x', { mode: 'no-cors' })).to.equal(opaque)
    expect(tokens.renewals).to.equal(0)
  })
})

describe('A rejection found in the body', () => {
  realNetwork()
  const clock = new VirtualClock()
  const rejectedWhen = [{ status: [400, 403], at: 'error', is: 'invalid_token' }] as const
  let server: Loopback
  let parts: number
  beforeEach(() => {
    parts = 0
  })
  afterEach(() => server.close())

  const wrap = async (given?: typeof fetch): Promise<typeof fetch> => {
    const tokens = await staticTokens({ site: { resources: [server.url], rejectedWhen } })
    return wrapFetch(given, { ...tokens, breakers: new OriginBreakers(clock) })
  }
  const endless = (part: Buffer): Promise<Loopback> =>
    startLoopback((response) => {
      response.writeHead(403)
      const write = (): void => {
        while (!response.destroyed && response.write(part)) parts += 1
      }
      response.on('drain', write)
      write()
    })

  // Fault 130
  it('is not found beyond 64 KiB: the response is returned with its stream, in bounded memory', async () => {
    server = await endless(Buffer.alloc(16_384, 'x'))
    const response = await (await wrap())(server.url)
    expect(response.status).to.equal(403)
    const reader = response.body?.getReader()
    const { value } = (await reader?.read()) ?? {}
    expect(Buffer.from(value ?? []).toString()).to.match(/^x+$/)
    await reader?.cancel()
    await server.idle()
    expect(parts * 16_384).to.be.below(16_777_216)
  })

  // Fault 130
  it('is not found if the body stalls: the response is returned after a second', async () => {
    server = await startLoopback((response) => {
      response.writeHead(403)
      response.write('{"error":')
    })
    let isBodyRead = (): void => undefined
    const reading = new Promise<void>((resolve) => {
      isBodyRead = resolve
    })
    const call = (
      await wrap(async (...args) => {
        const response = await fetch(...args)
        setImmediate(isBodyRead)
        return response
      })
    )(server.url)
    await reading
    await clock.advance(1_000)
    const response = await call
    expect(response.status).to.equal(403)
    const { value } = (await response.body?.getReader().read()) ?? {}
    expect(Buffer.from(value ?? []).toString()).to.equal('{"error":')
  })

  // Fault 130
  it('is found in a complete body, which the caller can still read', async () => {
    server = await startLoopback((response) => response.writeHead(403).end('{"error":"invalid_token"}'))
    const response = await (await wrap())(server.url)
    expect(server.received.map(({ headers }) => headers['authorization'])).to.deep.equal([
      'Bearer secret-1',
      'Bearer secret-2',
    ])
    expect(await response.json()).to.deep.equal({ error: 'invalid_token' })
  })
})
