import { expect } from 'chai'
import {
  type CommonOptions,
  createTokenManager,
  PromptRequiredError,
  ReauthenticationRequiredError,
  type TokenManager,
} from '../../lib/index.ts'
import { netsapiensLegacy } from '../../lib/providers.ts'
import {
  type Emulator,
  netsapiensEmulator,
  netsapiensJwtEmulator,
  netsapiensLegacyEmulator,
  type NetsapiensSystem,
  startEmulator,
} from '../../lib/testing.ts'
import { axiosTransport } from '../../lib/token-endpoint/axios-transport.ts'
import { deferred } from '../support/deferred.ts'
import { failureOf } from '../support/failure.ts'
import { realNetwork } from '../support/real-network.ts'
import {
  tokenRequestsOf,
  atOnce,
  byAxios,
  byFetch,
  CLIENTS,
  fieldsOf,
  grantsOf,
  textOf,
  nextEvent,
  WatchedClock,
} from './support.ts'

const ME = '/domains/~/users/~'

function managed(emulator: Emulator<NetsapiensSystem>, options: CommonOptions = {}): TokenManager {
  const { provider, credentials } = emulator
  return createTokenManager({ provider, grant: 'password', credentials, ...options })
}

describe('NetSapiens', () => {
  realNetwork()
  let clock: WatchedClock
  let emulator: Emulator<NetsapiensSystem>
  beforeEach(async () => {
    clock = new WatchedClock()
    emulator = await startEmulator(netsapiensEmulator(), { clock })
  })
  afterEach(() => emulator.close())

  describe('the password grant', () => {
    it('sends exactly five fields as JSON, and no Authorization header', async () => {
      const get = byAxios(emulator, managed(emulator, { transport: axiosTransport() }))
      expect(await get(ME)).to.deep.include({ status: 200 })
      const [request] = tokenRequestsOf(emulator)
      const { clientId, clientSecret, username, password } = emulator.credentials
      expect(request).to.include({ method: 'POST', path: '/ns-api/v2/tokens' })
      expect(request?.headers).to.include({ 'content-type': 'application/json', accept: 'application/json' })
      expect(request?.headers).to.not.have.property('authorization')
      expect(fieldsOf(request)).to.deep.equal({
        grant_type: 'password',
        client_id: clientId,
        client_secret: clientSecret,
        username,
        password,
      })
      expect(emulator.log.at(-1)?.headers).to.include({
        authorization: `Bearer ${emulator.issued[0]?.accessToken ?? ''}`,
      })
    })

    it('is not needed for the version', async () => {
      const get = byFetch(emulator, managed(emulator))
      expect(await get('/version')).to.deep.include({ status: 200 })
      expect(emulator.counts).to.include({ token: 0, resource: 1 })
      expect(emulator.log[0]?.headers).to.not.have.property('authorization')
    })
  })

  describe('a refresh', () => {
    it('sends four fields, with the latest refresh token', async () => {
      const tokens = managed(emulator, { clock })
      for (let hours = 0; hours < 3; hours += 1) {
        await tokens.token()
        await clock.advance(3_600_000)
      }
      expect(grantsOf(emulator)).to.deep.equal(['password', 'refresh_token', 'refresh_token'])
      const { clientId, clientSecret } = emulator.credentials
      for (const [index, { refreshToken }] of emulator.issued.slice(0, 2).entries()) {
        expect(fieldsOf(tokenRequestsOf(emulator)[index + 1])).to.deep.equal({
          grant_type: 'refresh_token',
          client_id: clientId,
          client_secret: clientSecret,
          refresh_token: refreshToken,
        })
      }
    })

    for (const [name, bound] of Object.entries(CLIENTS)) {
      it(`revokes the previous token: requests in flight over ${name} are replayed with the new one, without another renewal`, async () => {
        const tokens = managed(emulator, { clock })
        const get = bound(emulator, tokens)
        await get(ME)
        const gate = deferred()
        emulator.next(
          'resource',
          Array.from({ length: 10 }, () => ({ hold: gate.promise })),
        )
        const underWay = atOnce(10, () => get(ME))
        await emulator.arrived('resource', 11)
        // Stale: the next request leaves with the old token, and a renewal begins behind it.
        await clock.advance(3_400_000)
        const renewed = nextEvent(tokens, 'renewed')
        emulator.next('resource', { hold: gate.promise })
        const last = get(ME)
        await renewed
        gate.resolve()
        const answers = [...(await underWay), await last]
        expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([200]))
        expect(grantsOf(emulator)).to.deep.equal(['password', 'refresh_token'])
        expect(emulator.counts).to.include({ resource: 23, unauthorized: 11 })
      })
    }

    it('that is rejected is followed by the password grant, once', async () => {
      const tokens = managed(emulator, { clock })
      const get = byFetch(emulator, tokens)
      await get(ME)
      emulator.revokeRefreshTokens()
      emulator.revokeAll()
      const answers = await atOnce(20, () => get(ME))
      expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([200]))
      expect(grantsOf(emulator)).to.deep.equal(['password', 'refresh_token', 'password'])
    })
  })

  describe('MFA', () => {
    beforeEach(() => {
      emulator.switches.mfa = true
    })

    it('prompts once for all waiting requests of both clients, and sends ten fields', async () => {
      const prompts: unknown[] = []
      const tokens = managed(emulator, {
        account: 'ann',
        onPrompt: (prompt) => {
          prompts.push(prompt)
          return { passcode: emulator.actions.passcode() }
        },
      })
      const clients = [byAxios(emulator, tokens), byFetch(emulator, tokens)]
      const answers = await Promise.all(clients.map((get) => atOnce(25, () => get(ME))))
      expect(new Set(answers.flat().map(({ status }) => status))).to.deep.equal(new Set([200]))
      expect(prompts).to.deep.equal([{ grant: 'mfa', provider: 'netsapiens', account: 'ann' }])
      const [, answer] = tokenRequestsOf(emulator)
      const { clientId, clientSecret, username, password } = emulator.credentials
      const { passcode, access_token: partial, ...rest } = fieldsOf(answer)
      expect(rest).to.deep.equal({
        grant_type: 'mfa',
        client_id: clientId,
        client_secret: clientSecret,
        username,
        password,
        mfa_type: 'authenticator',
        mfa_vendor: 'google',
        ns_id_type: 'subscriber',
      })
      expect(passcode).to.match(/^\d{6}$/)
      expect(emulator.counts).to.include({ token: 2, resource: 50, unauthorized: 0 })
      expect(emulator.log.filter(({ token }) => token === partial)).to.deep.equal([])
    })

    it('does not prompt again for a refresh', async () => {
      let prompts = 0
      const tokens = managed(emulator, {
        onPrompt: () => {
          prompts += 1
          return { passcode: emulator.actions.passcode() }
        },
      })
      const get = byAxios(emulator, tokens)
      await get(ME)
      emulator.revokeAll()
      expect((await get(ME)).status).to.equal(200)
      expect(grantsOf(emulator)).to.deep.equal(['password', 'mfa', 'refresh_token'])
      expect(prompts).to.equal(1)
    })

    it('with a wrong passcode rejects all with one error, and does not prompt again until clear()', async () => {
      let prompts = 0
      const tokens = managed(emulator, {
        clock,
        onPrompt: () => {
          prompts += 1
          return { passcode: prompts === 1 ? '000000x' : emulator.actions.passcode() }
        },
      })
      const get = byFetch(emulator, tokens)
      const errors = await atOnce(5, () => failureOf(get(ME)))
      expect(new Set(errors).size).to.equal(1)
      expect(errors[0]).to.be.instanceOf(ReauthenticationRequiredError)
      expect((errors[0] as Error).cause).to.include({ status: 401, errorDescription: 'Invalid passcode' })
      await clock.advance(3_600_000)
      expect(await failureOf(get(ME))).to.equal(errors[0])
      expect([prompts, emulator.counts.token, emulator.counts.resource]).to.deep.equal([1, 2, 0])
      await tokens.clear()
      expect((await get(ME)).status).to.equal(200)
      expect(prompts).to.equal(2)
    })

    it('can be answered on the error where there is no onPrompt; no request is sent before', async () => {
      const tokens = managed(emulator)
      const get = byAxios(emulator, tokens)
      const errors = await atOnce(5, () => failureOf(get(ME)))
      const [error] = errors as [PromptRequiredError]
      expect(new Set(errors).size).to.equal(1)
      expect(error).to.be.instanceOf(PromptRequiredError)
      expect(emulator.counts).to.include({ token: 1, resource: 0 })
      await error.answer({ passcode: emulator.actions.passcode() })
      expect((await get(ME)).status).to.equal(200)
      expect(grantsOf(emulator)).to.deep.equal(['password', 'mfa'])
    })

    for (const [what, onPrompt] of [
      ['throws', () => Promise.reject(new Error('typed 110124'))],
      ['never settles', () => new Promise<never>(() => undefined)],
    ] as const) {
      it(`ends the session with a clear error when onPrompt ${what}`, async () => {
        const tokens = managed(emulator, { onPrompt, clock })
        const get = byFetch(emulator, tokens)
        const waiting = failureOf(get(ME))
        if (what === 'never settles') {
          await clock.waitOf(300_000)
          await clock.advance(300_000)
        }
        const error = await waiting
        expect(error).to.be.instanceOf(ReauthenticationRequiredError)
        expect(textOf(error)).to.include('onPrompt').and.not.include('110124')
        expect(await failureOf(get(ME))).to.equal(error)
        expect(emulator.counts).to.include({ token: 1, resource: 0 })
      })
    }
  })
})

describe('NetSapiens with JWTs', () => {
  realNetwork()

  it('reads the expiry from exp, and renews with the refresh token and no other field', async () => {
    const clock = new WatchedClock()
    await using emulator = await startEmulator(netsapiensJwtEmulator(), { clock })
    const { provider, credentials } = emulator
    const tokens = createTokenManager({
      provider,
      grant: 'password',
      credentials,
      clock,
      transport: axiosTransport(),
    })
    const get = byAxios(emulator, tokens)
    expect((await get(ME)).status).to.equal(200)
    const claims = (await tokens.inspect()) as Record<string, unknown>
    expect(tokens.peek()?.expiresAt).to.equal(clock.now() + 3_600_000)
    expect(claims).to.include({ aud: 'ns', exp: (clock.now() + 3_600_000) / 1_000, user_scope: 'Basic User' })
    await clock.advance(3_600_000)
    expect((await get(ME)).status).to.equal(200)
    const [first, second] = tokenRequestsOf(emulator)
    expect(first).to.include({ path: '/ns-api/v2/jwt', grant: 'password' })
    expect(second?.body).to.equal(JSON.stringify({ refresh: emulator.issued[0]?.refreshToken }))
  })

  it('repeats the password grant where version 44 issues no refresh token', async () => {
    await using emulator = await startEmulator(netsapiensJwtEmulator())
    emulator.switches.noJwtRefresh = true
    const { provider, credentials } = emulator
    const get = byFetch(emulator, createTokenManager({ provider, grant: 'password', credentials }))
    await get(ME)
    emulator.revokeAll()
    expect((await get(ME)).status).to.equal(200)
    expect(grantsOf(emulator)).to.deep.equal(['password', 'password'])
  })

  it('recognises a prompt by the claims of the partial token', async () => {
    await using emulator = await startEmulator(netsapiensJwtEmulator())
    emulator.switches.mfa = true
    const { provider, credentials } = emulator
    const onPrompt = (): { passcode: string } => ({ passcode: emulator.actions.passcode() })
    const get = byFetch(emulator, createTokenManager({ provider, grant: 'password', credentials, onPrompt }))
    const answers = await atOnce(10, () => get(ME))
    expect(new Set(answers.map(({ status }) => status))).to.deep.equal(new Set([200]))
    expect(grantsOf(emulator)).to.deep.equal(['password', 'mfa'])
    const { access_token: partial } = fieldsOf(tokenRequestsOf(emulator)[1])
    expect(String(partial).split('.')).to.have.length(3)
    expect(emulator.counts).to.include({ token: 2, resource: 10, unauthorized: 0 })
  })

  it('revokes its token at the server', async () => {
    await using emulator = await startEmulator(netsapiensJwtEmulator())
    const { provider, credentials } = emulator
    const tokens = createTokenManager({ provider, grant: 'password', credentials })
    const get = byFetch(emulator, tokens)
    await get(ME)
    await tokens.revoke()
    const [issued] = emulator.issued
    expect(emulator.log.at(-1)).to.include({ method: 'DELETE', path: '/ns-api/v2/jwt', token: issued?.accessToken })
    expect(tokens.peek()).to.equal(undefined)
    const bare = await fetch(emulator.api + ME, { headers: { authorization: `Bearer ${issued?.accessToken ?? ''}` } })
    expect(bare.status).to.equal(401)
  })
})

describe('NetSapiens with the older endpoint', () => {
  realNetwork()

  it('sends a form to a path with a trailing slash, reads JSON labelled text/html, and refreshes there', async () => {
    await using emulator = await startEmulator(netsapiensLegacyEmulator())
    const { provider, credentials } = emulator
    const get = byAxios(emulator, createTokenManager({ provider, grant: 'password', credentials }))
    await get(ME)
    emulator.revokeAll()
    expect((await get(ME)).status).to.equal(200)
    const requests = tokenRequestsOf(emulator)
    expect(requests.map(({ path, grant }) => [path, grant])).to.deep.equal([
      ['/ns-api/oauth2/token/', 'password'],
      ['/ns-api/oauth2/token/', 'refresh_token'],
    ])
    expect(requests[0]?.headers['content-type']).to.equal('application/x-www-form-urlencoded')
    expect(fieldsOf(requests[0])).to.include({ username: credentials.username, password: credentials.password })
    expect(emulator.log.find(({ kind }) => kind === 'resource')?.path).to.equal(`/ns-api/v2${ME}`)
  })

  it('supports MFA there too', async () => {
    await using emulator = await startEmulator(netsapiensLegacyEmulator())
    emulator.switches.mfa = true
    const { provider, credentials } = emulator
    const onPrompt = (): { passcode: string } => ({ passcode: emulator.actions.passcode() })
    const get = byFetch(emulator, createTokenManager({ provider, grant: 'password', credentials, onPrompt }))
    expect((await get(ME)).status).to.equal(200)
    expect(grantsOf(emulator)).to.deep.equal(['password', 'mfa'])
  })

  for (const html of [404, 200] as const) {
    it(`works with the older provider when /tokens is an HTML page with status ${String(html)}`, async () => {
      await using emulator = await startEmulator(netsapiensEmulator())
      emulator.switches.html = html
      const { credentials, provider } = emulator
      const error = await failureOf(byFetch(emulator, managed(emulator))(ME))
      expect(error).to.include({ status: html })
      const token = { ...netsapiensLegacy.token, url: `${emulator.url}/ns-api/oauth2/token/` }
      const older = { ...netsapiensLegacy, api: provider.api, token } as const
      const get = byFetch(emulator, createTokenManager({ provider: older, grant: 'password', credentials }))
      expect((await get(ME)).status).to.equal(200)
    })
  }
})
