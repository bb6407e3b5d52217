import { expect } from 'chai'
import { createTokenManager, ReauthenticationRequiredError } from '../../lib/index.ts'
import { type Emulator, knetikcloudEmulator, type KnetikcloudSystem, startEmulator } from '../../lib/testing.ts'
import { axiosTransport } from '../../lib/token-endpoint/axios-transport.ts'
import { failureOf } from '../support/failure.ts'
import { realNetwork } from '../support/real-network.ts'
import { tokenRequestsOf, atOnce, byAxios, byFetch, fieldsOf, grantsOf, WatchedClock } from './support.ts'

describe('KnetikCloud', () => {
  realNetwork()
  let clock: WatchedClock
  let emulator: Emulator<KnetikcloudSystem>
  beforeEach(async () => {
    clock = new WatchedClock()
    emulator = await startEmulator(knetikcloudEmulator(), { clock })
  })
  afterEach(() => emulator.close())

  it('obtains a token with client_credentials, with the secret in the form, and repeats that without a refresh token', async () => {
    const { provider, credentials } = emulator
    const tokens = createTokenManager({
      provider,
      grant: 'client_credentials',
      credentials,
      transport: axiosTransport(),
    })
    const get = byAxios(emulator, tokens)
    expect((await get('/me')).body).to.deep.include({ client_id: credentials.clientId })
    emulator.revokeAll()
    expect((await get('/me')).status).to.equal(200)
    const [first, second] = tokenRequestsOf(emulator)
    expect(first?.headers).to.include({ 'content-type': 'application/x-www-form-urlencoded' })
    expect(first?.headers).to.not.have.property('authorization')
    expect(fieldsOf(first)).to.deep.equal({
      grant_type: 'client_credentials',
      client_id: credentials.clientId,
      client_secret: credentials.clientSecret,
    })
    expect(second?.body).to.equal(first?.body)
  })

  it('logs in and refreshes as the client knetik without a secret', async () => {
    const { provider, grants } = emulator
    const tokens = createTokenManager({ provider, grant: 'password', credentials: grants.password })
    const get = byFetch(emulator, tokens)
    await get('/users/me')
    emulator.revokeAll()
    expect((await get('/users/me')).status).to.equal(200)
    const [first, second] = tokenRequestsOf(emulator)
    expect(fieldsOf(first)).to.deep.equal({ grant_type: 'password', client_id: 'knetik', ...grants.password })
    expect(fieldsOf(second)).to.deep.equal({
      grant_type: 'refresh_token',
      client_id: 'knetik',
      refresh_token: emulator.issued[0]?.refreshToken,
    })
  })

  it('sends another client and its secret with the password grant where both are given', async () => {
    const { provider, grants, credentials } = emulator
    const all = { ...grants.password, ...credentials }
    const get = byFetch(emulator, createTokenManager({ provider, grant: 'password', credentials: all }))
    expect((await get('/users/me')).status).to.equal(200)
    expect(fieldsOf(tokenRequestsOf(emulator)[0])).to.include({
      client_id: credentials.clientId,
      client_secret: credentials.clientSecret,
    })
  })

  for (const rotate of [false, true]) {
    it(`renews with refresh tokens that ${rotate ? 'rotate' : 'stay the same'}`, async () => {
      emulator.switches.rotate = rotate
      emulator.switches.refreshKills = rotate
      const { provider, grants } = emulator
      const tokens = createTokenManager({ provider, grant: 'password', credentials: grants.password, clock })
      for (let hours = 0; hours < 4; hours += 1) {
        await tokens.token()
        await clock.advance(3_600_000)
      }
      expect(grantsOf(emulator)).to.deep.equal(['password', 'refresh_token', 'refresh_token', 'refresh_token'])
      const sent = tokenRequestsOf(emulator).map((entry) => fieldsOf(entry)['refresh_token'])
      expect(new Set(sent.slice(1)).size).to.equal(rotate ? 3 : 1)
    })
  }

  for (const grant of ['facebook', 'google'] as const) {
    it(`sends a ${grant} token once, and refresh tokens afterwards`, async () => {
      const socialToken = emulator.actions.socialToken(grant)
      const tokens = createTokenManager({ provider: emulator.provider, grant, credentials: { socialToken } })
      const get = byAxios(emulator, tokens)
      await atOnce(10, () => get('/me'))
      expect(fieldsOf(tokenRequestsOf(emulator)[0])).to.deep.equal({
        grant_type: grant,
        client_id: 'knetik',
        token: socialToken,
      })
      emulator.revokeAll()
      expect((await get('/me')).body).to.deep.include({ user_id: 1 })
      expect(grantsOf(emulator)).to.deep.equal([grant, 'refresh_token'])
    })

    it(`never sends a ${grant} token again: not when its refresh token is rejected, not after clear(), not after a lost response`, async () => {
      const { provider } = emulator
      const login = () =>
        createTokenManager({
          provider,
          grant,
          credentials: { socialToken: emulator.actions.socialToken(grant) },
          clock,
        })
      const first = login()
      const get = byFetch(emulator, first)
      await get('/me')
      emulator.revokeAll()
      emulator.revokeRefreshTokens()
      expect(await failureOf(get('/me'))).to.be.instanceOf(ReauthenticationRequiredError)
      await first.clear()
      expect(await failureOf(get('/me'))).to.be.instanceOf(ReauthenticationRequiredError)
      const second = login()
      emulator.next('token', 'drop-after')
      expect(await failureOf(second.token())).to.be.instanceOf(ReauthenticationRequiredError)
      await clock.advance(3_600_000)
      expect(await failureOf(second.token())).to.be.instanceOf(ReauthenticationRequiredError)
      expect(grantsOf(emulator)).to.deep.equal([grant, 'refresh_token', grant])
    })
  }

  for (const asText of [false, true]) {
    it(`reads a lifetime that is ${asText ? 'text' : 'a number'}`, async () => {
      emulator.switches.expiresInAsText = asText
      const { provider, credentials } = emulator
      const tokens = createTokenManager({ provider, grant: 'client_credentials', credentials, clock })
      expect((await tokens.token()).expiresAt).to.equal(clock.now() + 3_600_000)
    })
  }

  it('serves a token of 2145660769 seconds without a timer or renewal', async () => {
    emulator.lifetime = 2_145_660_769
    const { provider, credentials } = emulator
    const tokens = createTokenManager({ provider, grant: 'client_credentials', credentials, clock })
    const { expiresAt } = await tokens.token()
    expect(expiresAt).to.equal(clock.now() + 2_145_660_769_000)
    expect([clock.timers, Math.max(...clock.asked)]).to.deep.equal([0, 30_000])
    await clock.advance(60 * 365 * 86_400_000)
    expect(tokens.peek()?.expiresAt).to.equal(expiresAt)
    expect([clock.timers, emulator.counts.token]).to.deep.equal([0, 1])
  })

  for (const status of [401, 400, 403] as const) {
    it(`recognises a rejected token by invalid_token, with any status: ${String(status)}`, async () => {
      emulator.switches.invalidTokenStatus = status
      const { provider, grants } = emulator
      const tokens = createTokenManager({ provider, grant: 'password', credentials: grants.password })
      for (const get of [byAxios(emulator, tokens), byFetch(emulator, tokens)]) {
        await get('/me')
        emulator.revokeAll()
        expect((await get('/me')).status).to.equal(200)
      }
      expect(grantsOf(emulator)).to.deep.equal(['password', 'refresh_token', 'refresh_token'])
    })
  }

  it('requests health and version without a token', async () => {
    const { provider, credentials } = emulator
    const get = byFetch(emulator, createTokenManager({ provider, grant: 'client_credentials', credentials }))
    for (const path of ['/health', '/version']) expect((await get(path)).status).to.equal(200)
    expect(emulator.log.filter(({ headers }) => 'authorization' in headers)).to.deep.equal([])
    expect(emulator.counts.token).to.equal(0)
  })
})
