// Features of definitions, each against a server; the definitions are spread from a preset, as in an application.
import { expect } from 'chai'
import { createTokenManager, TokenRequestError } from '../../lib/index.ts'
import { knetikcloudEmulator, smscxEmulator, startEmulator, telstraEmulator } from '../../lib/testing.ts'
import { failureOf } from '../support/failure.ts'
import { realNetwork } from '../support/real-network.ts'
import { tokenRequestsOf, byAxios, byFetch, CLIENTS, fieldsOf, textOf, WatchedClock } from './support.ts'

describe('A definition changed by spreading', () => {
  realNetwork()

  for (const [name, bound] of Object.entries(CLIENTS)) {
    it(`sends the token as its placement requires, with ${name}: SMS.CX accepts it as X-API-KEY`, async () => {
      await using emulator = await startEmulator(smscxEmulator({ apiKey: 'the-key' }))
      const placement = { header: 'X-API-KEY', value: '{token}' } as const
      const provider = { ...emulator.provider, placement }
      const tokens = createTokenManager({ provider, credentials: emulator.credentials })
      await tokens.adopt({ accessToken: 'the-key' })
      expect((await bound(emulator, tokens)('/account/balance')).status).to.equal(200)
      const { headers } = emulator.log[0] ?? { headers: {} }
      expect(headers).to.include({ 'x-api-key': 'the-key' }).and.not.have.property('authorization')
    })

    it(`sends no token to its public paths, and adds its headers to other requests, with ${name}`, async () => {
      await using emulator = await startEmulator(telstraEmulator())
      const headers = { 'X-Client': '{clientId}', 'X-Version': '2' }
      const provider = { ...emulator.provider, headers, publicPaths: ['/messages/sms/healthcheck'] } as const
      const get = bound(emulator, createTokenManager({ provider, credentials: emulator.credentials }))
      await get('/messages/sms/healthcheck')
      await get('/messages/sms')
      const sent = emulator.log.filter(({ kind }) => kind === 'resource').map((entry) => entry.headers)
      expect(sent[0]).to.not.have.any.keys('authorization', 'x-client')
      expect(sent[1]).to.include({ 'x-client': 'telstra-client', 'x-version': '2' })
    })
  }

  it('builds the authorization URL of `authorize`', async () => {
    await using emulator = await startEmulator(knetikcloudEmulator())
    const authorize = {
      url: '/oauth/authorize',
      params: { client: '{clientId=knetik}', back: '{redirectUri}', state: '{state}' },
    }
    const grants = {
      ...emulator.provider.grants,
      authorization_code: { repeatable: false, params: { grant_type: 'code', code: '{code}' } },
    }
    const provider = { ...emulator.provider, authorize, grants } as const
    const tokens = createTokenManager({ provider, grant: 'authorization_code', credentials: {} })
    const { url, state } = await tokens.authorizationUrl({ redirectUri: 'https://app.example/back?a=b' })
    const expected = new URLSearchParams({ client: 'knetik', back: 'https://app.example/back?a=b', state })
    expect(url).to.equal(`${emulator.url}/oauth/authorize?${expected.toString()}`)
  })

  it('signs the complete request and rewrites the response with `custom`', async () => {
    await using emulator = await startEmulator(telstraEmulator())
    emulator.always('token', ({ headers }) =>
      headers['x-signed'] === 'yes' ? { body: 'TOKEN bare-token 600' } : { status: 400, body: { error: 'unsigned' } },
    )
    const custom = {
      request: (request: { readonly headers: Readonly<Record<string, string>> }) =>
        ({ ...request, headers: { ...request.headers, 'x-signed': 'yes' } }) as never,
      answer: (answer: { readonly body: unknown }) => {
        const [, access_token, expires_in] = String(answer.body).split(' ')
        return { ...answer, body: { access_token, expires_in } } as never
      },
    }
    const clock = new WatchedClock()
    const provider = { ...emulator.provider, custom }
    const tokens = createTokenManager({ provider, credentials: emulator.credentials, clock })
    expect(await tokens.token()).to.include({ accessToken: 'bare-token', expiresAt: clock.now() + 600_000 })
  })

  it('pauses as `wait` says: a date, an epoch, a field of the body', async () => {
    const clock = new WatchedClock()
    await using emulator = await startEmulator(telstraEmulator(), { clock })
    const in4s = clock.now() + 4_000
    for (const [wait, fault] of [
      [{ header: 'X-Until', as: 'date' }, { headers: { 'x-until': new Date(in4s).toUTCString() } }],
      [{ header: 'X-Until', as: 'epoch' }, { headers: { 'x-until': String(in4s / 1_000) } }],
      [{ at: 'retry.in', as: 'seconds' }, { body: { retry: { in: 4 } } }],
    ] as const) {
      const token = { ...emulator.provider.token, errors: { ...emulator.provider.token.errors, wait: [wait] } }
      const own = new WatchedClock(clock.now())
      const provider = { ...emulator.provider, token }
      const tokens = createTokenManager({ provider, credentials: emulator.credentials, clock: own })
      emulator.next('token', { status: 503, body: {}, ...fault })
      const waiting = tokens.token()
      await own.waitOf(4_000)
      await own.advance(4_000)
      expect((await waiting).accessToken).to.equal(emulator.issued.at(-1)?.accessToken)
    }
    expect(emulator.counts.token).to.equal(6)
  })
})

describe('A credential that is a function', () => {
  realNetwork()

  it('is called for each attempt, and not for a request with a valid token', async () => {
    const clock = new WatchedClock()
    await using emulator = await startEmulator(telstraEmulator())
    const { provider, credentials } = emulator
    let calls = 0
    const clientSecret = (): Promise<string> => {
      calls += 1
      return Promise.resolve(calls === 1 ? 'a secret of yesterday' : credentials.clientSecret)
    }
    const tokens = createTokenManager({ provider, credentials: { clientId: 'telstra-client', clientSecret }, clock })
    const get = byFetch(emulator, tokens)
    emulator.next('token', { status: 503, body: '' })
    const waiting = get('/messages/sms')
    await clock.waitOf(1_000)
    await clock.advance(1_000)
    expect((await waiting).status).to.equal(200)
    await get('/messages/sms')
    expect(calls).to.equal(2)
    expect(tokenRequestsOf(emulator).map((entry) => fieldsOf(entry)['client_secret'])).to.deep.equal([
      'a secret of yesterday',
      credentials.clientSecret,
    ])
  })

  it('that throws causes an error without its message, and no request', async () => {
    await using emulator = await startEmulator(telstraEmulator())
    const { provider } = emulator
    const clientSecret = (): never => {
      throw new Error('vault: s3cret')
    }
    const tokens = createTokenManager({ provider, credentials: { clientId: 'telstra-client', clientSecret } })
    const error = await failureOf(byAxios(emulator, tokens)('/messages/sms'))
    expect(error).to.be.instanceOf(TokenRequestError).and.to.include({ reason: 'credentials' })
    expect(textOf(error)).to.include('clientSecret').and.not.include('s3cret')
    expect(emulator.log).to.deep.equal([])
  })
})
