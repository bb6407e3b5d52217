import { expect } from 'chai'
import {
  startEmulator,
  telstraEmulator,
  type Emulator,
  type EmulatorOptions,
  type TelstraSystem,
} from 'tokenflight/testing'
import { deferred } from '../support/deferred.ts'
import { failureOf } from '../support/failure.ts'
import { send, bearer, postForm, type ReceivedResponse } from './send.ts'

describe('startEmulator(system, options)', () => {
  const started: Emulator<TelstraSystem>[] = []
  async function start(options?: EmulatorOptions): Promise<Emulator<TelstraSystem>> {
    const emulator = await startEmulator(telstraEmulator(), options)
    started.push(emulator)
    return emulator
  }
  afterEach(async () => {
    await Promise.all(started.splice(0).map((emulator) => emulator.close()))
  })

  function askToken({ api, credentials }: Emulator<TelstraSystem>): Promise<ReceivedResponse> {
    const { clientId, clientSecret } = credentials
    const client = { client_id: clientId, client_secret: clientSecret }
    return postForm(`${api}/oauth/token`, { grant_type: 'client_credentials', ...client })
  }
  const echo = ({ api }: Emulator<TelstraSystem>, token: string, init: RequestInit = {}): Promise<ReceivedResponse> =>
    send(`${api}/echo`, {
      ...init,
      headers: { ...bearer(token), ...(init.headers as Record<string, string> | undefined) },
    })

  it('listens on loopback and returns the definition with its URL', async () => {
    const { url, api, provider } = await start()
    expect(url).to.match(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(api).to.equal(`${url}/v2`)
    expect(provider).to.include({ id: 'telstra-messaging', api })
  })

  it('rejects when the port is taken', async () => {
    const { url } = await start()
    const error: unknown = await start({ port: Number(new URL(url).port) }).catch((reason: unknown) => reason)
    expect(error).to.have.property('code', 'EADDRINUSE')
  })

  it('throws a TypeError for invalid options', async () => {
    for (const [options, message] of [
      [
        { ports: 1 },
        'ports: expected no option of this name (there are port, log, onAnswered, clock, resources; perhaps port), got 1',
      ],
      [{ port: -1 }, 'port: expected a port, got -1'],
      [{ clock: () => 0 }, 'clock: expected an object with now(), got a function'],
      [{ log: true }, 'log: expected a whole number from 0, or false, got true'],
      [
        { resources: { '/things': () => ({ status: 200 }) } },
        "resources: expected functions by method and path, e.g. 'GET /things/{id}', got an object",
      ],
    ] as const) {
      const error = await failureOf(start(options as object))
      expect(error).to.be.instanceOf(TypeError)
      expect(String(error)).to.equal(`TypeError: tokenflight: ${message}`)
    }
  })

  it('logs requests byte for byte', async () => {
    const emulator = await start()
    const { accessToken } = emulator.issue()
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index)
    await echo(emulator, accessToken, { method: 'PUT', body: bytes, headers: { 'x-mark': 'a' } })
    await askToken(emulator)
    const [put, token] = emulator.log
    expect(put).to.include({ kind: 'resource', method: 'PUT', path: '/v2/echo', status: 200, token: accessToken })
    expect(put?.bytes.equals(bytes)).to.equal(true)
    expect(put?.headers['x-mark']).to.equal('a')
    expect(token).to.include({ kind: 'token', grant: 'client_credentials', status: 200 })
    expect(new URLSearchParams(token?.body).get('client_id')).to.equal(emulator.credentials.clientId)
  })

  it('limits the log to the given number of requests, or to none, and counts all of them', async () => {
    for (const [log, kept] of [
      [3, ['8', '9', '10']],
      [false, []],
    ] as const) {
      const emulator = await start({ log })
      for (let n = 1; n <= 10; n++) await send(`${emulator.url}/?n=${String(n)}`)
      expect(emulator.log.map(({ query }) => query.get('n'))).to.deep.equal(kept)
      expect(emulator.counts.other).to.equal(10)
    }
  })

  it('calls onAnswered for each response', async () => {
    const told: unknown[] = []
    const emulator = await start({ onAnswered: ({ kind, status }) => told.push([kind, status]) })
    emulator.next('token', 'drop')
    await askToken(emulator).catch(() => undefined)
    await askToken(emulator)
    await echo(emulator, 'nobody')
    expect(told).to.deep.equal([
      ['token', 200],
      ['resource', 401],
    ])
  })

  it('clears the log and the scripted faults on request', async () => {
    const emulator = await start()
    emulator.next('token', ['drop', 'drop'])
    emulator.always('token', 'drop')
    await askToken(emulator).catch(() => undefined)
    emulator.clearFaults()
    emulator.clearLog()
    expect((await askToken(emulator)).status).to.equal(200)
    expect([emulator.log.length, emulator.counts.token]).to.deep.equal([1, 1])
  })

  it('waits until a number of requests has arrived, answered or not', async () => {
    const emulator = await start()
    emulator.always('token', 'hang')
    void askToken(emulator).catch(() => undefined)
    void askToken(emulator).catch(() => undefined)
    await emulator.arrived('token', 2)
    expect(emulator.counts.token).to.equal(2)
    expect(emulator.log[0]).not.to.have.property('status')
  })

  it('rejects an expired token, by the given clock', async () => {
    let now = 1_000_000
    const emulator = await start({ clock: { now: () => now } })
    emulator.lifetime = 60
    const { accessToken, expiresAt } = emulator.issue()
    expect(expiresAt).to.equal(1_060_000)
    now += 59_999
    expect((await echo(emulator, accessToken)).status).to.equal(200)
    now += 1
    expect((await echo(emulator, accessToken)).status).to.equal(401)
    expect(emulator.log.at(-1)?.at).to.equal(1_060_000)
  })

  it('rejects exactly the revoked tokens', async () => {
    const emulator = await start()
    const [a, b] = [emulator.issue().accessToken, emulator.issue().accessToken]
    expect(emulator.revoke(a)).to.equal(true)
    expect([(await echo(emulator, a)).status, (await echo(emulator, b)).status]).to.deep.equal([401, 200])
    emulator.revokeAll()
    const c = emulator.issue().accessToken
    expect([(await echo(emulator, b)).status, (await echo(emulator, c)).status]).to.deep.equal([401, 200])
    expect(emulator.revoke('nobody')).to.equal(false)
  })

  it('accepts the Bearer scheme in any case, with exactly one token', async () => {
    const emulator = await start()
    const { accessToken } = emulator.issue()
    const statuses = []
    for (const authorization of [
      `bearer ${accessToken}`,
      `Token ${accessToken}`,
      accessToken,
      `Bearer  ${accessToken}`,
      `Bearer ${accessToken} x`,
    ]) {
      statuses.push((await send(`${emulator.api}/echo`, { headers: { authorization } })).status)
    }
    expect(statuses).to.deep.equal([200, 401, 401, 401, 401])
  })

  it('serves additional resources to requests with a valid token', async () => {
    const emulator = await start({
      resources: { 'GET /things/{id}': (_request, { scope }, { id }) => ({ status: 200, body: { id, scope } }) },
    })
    const heard = await send(`${emulator.api}/things/7`, { headers: bearer(emulator.issue().accessToken) })
    expect(heard.body).to.deep.equal({ id: '7', scope: 'NSMS' })
    expect((await send(`${emulator.api}/things/7`)).status).to.equal(401)
  })

  it('answers 1,000 concurrent requests', async () => {
    const emulator = await start()
    const { accessToken } = emulator.issue()
    const heard = await Promise.all(Array.from({ length: 1_000 }, () => echo(emulator, accessToken)))
    expect(heard.every(({ status }) => status === 200)).to.equal(true)
    expect(emulator.counts.resource).to.equal(1_000)
  })

  it('closes while requests hang, are delayed or held', async () => {
    const emulator = await startEmulator(telstraEmulator())
    emulator.next('token', ['hang', { delay: 3_600_000 }, { hold: new Promise(() => undefined) }])
    const ends = [1, 2, 3].map(() =>
      askToken(emulator).then(
        () => 'answered',
        () => 'closed',
      ),
    )
    await emulator.arrived('token', 3)
    await emulator.close()
    expect(await Promise.all(ends)).to.deep.equal(['closed', 'closed', 'closed'])
  })

  it('closes at the end of a block with `await using`', async () => {
    let url = ''
    {
      await using emulator = await startEmulator(telstraEmulator())
      ;({ url } = emulator)
      expect((await send(url)).status).to.equal(404)
    }
    expect(await send(url).catch(() => 'closed')).to.equal('closed')
  })

  it('rejects a value that is no system', async () => {
    for (const system of [undefined, telstraEmulator])
      expect(String(await failureOf(startEmulator(system as never)))).to.contain('system: expected a system')
  })

  describe('next(kind, faults) and always(kind, fault)', () => {
    it('throw for unknown kinds and faults', async () => {
      const emulator = await start()
      for (const [kind, fault, named] of [
        ['tokn', 'hang', 'kind'],
        ['token', 'hangg', 'fault'],
        ['token', 5, 'fault'],
        ['token', { statos: 500 }, 'fault.statos'],
        ['token', { status: 9 }, 'fault.status'],
      ] as const)
        for (const method of ['next', 'always'] as const)
          expect(() => {
            emulator[method](kind as never, fault as never)
          }).to.throw(TypeError, `${named}: expected`)
    })

    it('replaces the response, once per fault, in order', async () => {
      const emulator = await start()
      emulator.next('token', { status: 503, headers: { 'retry-after': '7' } })
      emulator.next('token', [{ status: 400, body: { error: 'invalid_grant' } }, undefined, { body: '<html>' }])
      const heard = [1, 2, 3, 4, 5].map(() => askToken(emulator))
      const answers = await heard.reduce<Promise<ReceivedResponse[]>>(
        async (before, next) => [...(await before), await next],
        Promise.resolve([]),
      )
      const inOrder = emulator.log.map(({ status }) => status)
      expect(inOrder).to.deep.equal([503, 400, 200, 200, 200])
      expect(answers.map(({ text }) => text).filter((text) => text === '<html>')).to.have.length(1)
      expect(answers.filter(({ headers }) => headers.get('retry-after') === '7')).to.have.length(1)
      expect(emulator.issued).to.have.length(2)
    })

    it('replaces the response until it is reset', async () => {
      const emulator = await start()
      emulator.always('token', { status: 429 })
      expect([(await askToken(emulator)).status, (await askToken(emulator)).status]).to.deep.equal([429, 429])
      emulator.always('token', undefined)
      expect((await askToken(emulator)).status).to.equal(200)
    })

    it('merges fields into the usual response', async () => {
      const emulator = await start()
      emulator.next('token', { patch: { expires_in: null, token_type: undefined }, headers: { 'x-mark': 'a' } })
      const { body, headers } = await askToken(emulator)
      expect(body).to.have.all.keys('access_token', 'expires_in')
      expect(body['expires_in']).to.equal(null)
      expect(headers.get('x-mark')).to.equal('a')
    })

    it('holds a request before it is processed', async () => {
      const emulator = await start()
      const gate = deferred()
      const { accessToken } = emulator.issue()
      emulator.next('resource', { hold: gate.promise })
      const heard = echo(emulator, accessToken)
      await emulator.arrived('resource')
      emulator.revokeAll()
      gate.resolve()
      expect((await heard).status).to.equal(401)
    })

    it('holds the response after the request is processed', async () => {
      const emulator = await start()
      const gate = deferred()
      const { accessToken } = emulator.issue()
      emulator.next('resource', { hold: gate.promise, acted: true })
      const heard = echo(emulator, accessToken)
      await emulator.arrived('resource')
      emulator.revokeAll()
      gate.resolve()
      expect((await heard).status).to.equal(200)
    })

    it('closes the connection before or after processing', async () => {
      const emulator = await start()
      emulator.next('token', ['drop', 'drop-after'])
      expect(await askToken(emulator).catch(() => 'closed')).to.equal('closed')
      expect(emulator.issued).to.have.length(0)
      expect(await askToken(emulator).catch(() => 'closed')).to.equal('closed')
      expect(emulator.issued).to.have.length(1)
      expect(emulator.log.map(({ status }) => status)).to.deep.equal([undefined, undefined])
    })

    it('sends half of the body and then stalls', async () => {
      const emulator = await start()
      emulator.next('token', { stall: true })
      const response = await fetch(`${emulator.api}/oauth/token`, { method: 'POST' })
      const reader = response.body?.getReader()
      const { value } = (await reader?.read()) ?? {}
      expect(value?.length).to.be.lessThan(Number(response.headers.get('content-length')))
      await reader?.cancel()
    })

    it('accepts a function of the request, and a raw handler', async () => {
      const emulator = await start()
      emulator.always('token', ({ body }) => (body.includes('scope') ? 'drop' : undefined))
      emulator.next('other', {
        raw: (response) => {
          response.writeHead(418).end('by hand')
        },
      })
      expect((await askToken(emulator)).status).to.equal(200)
      const dropped = postForm(`${emulator.api}/oauth/token`, { scope: 'NSMS' }).catch(() => 'closed')
      expect(await dropped).to.equal('closed')
      expect((await send(emulator.url)).text).to.equal('by hand')
    })

    it('closes the connection when a function throws', async () => {
      const emulator = await start()
      emulator.next('token', () => {
        throw new Error('a mistake in the script')
      })
      expect(await askToken(emulator).catch(() => 'closed')).to.equal('closed')
    })
  })
})
