// The device authorization grant (RFC 8628), against a server that refuses polls which come too early.
import { expect } from 'chai'
import { createTokenManager, OAuthError, ReauthenticationRequiredError, type TokenManager } from '../../lib/index.ts'
import { deviceAuthorization, oauth2, type OAuth2Options, privateKeyJwt } from '../../lib/providers.ts'
import { type Emulator, oauth2Emulator, type OAuth2System, startEmulator } from '../../lib/testing.ts'
import { flush, VirtualClock } from '../support/clock.ts'
import { answer, FakeEndpoint } from '../support/fake-endpoint.ts'
import { failureOf } from '../support/failure.ts'
import { realNetwork } from '../support/real-network.ts'
import { ec } from '../support/signing-keys.ts'
import { byAxios, byFetch, fieldsOf, grantsOf, tokenRequestsOf } from '../systems/support.ts'

interface Setup extends AsyncDisposable {
  readonly clock: VirtualClock
  readonly emulator: Emulator<OAuth2System<'none'>>
  readonly tokens: TokenManager
  /** The next poll: time passes until its timer fires, and it is answered. */
  poll(): Promise<number | undefined>
}

/** Of a token request, in milliseconds. */
const DEADLINE = 30_000

async function setup(): Promise<Setup> {
  const clock = new VirtualClock()
  const emulator = await startEmulator(oauth2Emulator({ clientAuthentication: 'none' }), { clock })
  const { provider, grants } = emulator
  const tokens = createTokenManager({ provider, grant: 'device_code', credentials: grants.device_code, clock })
  return {
    clock,
    emulator,
    tokens,
    async poll() {
      await clock.timerSet()
      const arrived = emulator.arrived('token', emulator.counts.token + 1)
      const before = clock.monotonic()
      await clock.advanceToNext()
      await arrived
      const waited = clock.monotonic() - before
      // The deadline of the request is set until it is answered.
      while (clock.timers > 0 && clock.asked.at(-1) === DEADLINE) await flush()
      return waited
    },
    [Symbol.asyncDispose]: () => emulator.close(),
  }
}

describe('deviceAuthorization()', () => {
  realNetwork()

  it('returns the user code and verification URI, after one request', async () => {
    await using system = await setup()
    const { emulator, clock, tokens } = system
    const device = await deviceAuthorization(tokens)
    expect(device.userCode).to.match(/^[A-Z]{4}-[A-Z]{4}$/)
    expect(device.verificationUri).to.equal(`${emulator.url}/device`)
    expect(device.verificationUriComplete).to.equal(`${emulator.url}/device?user_code=${device.userCode}`)
    expect(device.expiresAt).to.equal(clock.now() + 600_000)
    const [request] = emulator.log
    expect([request?.method, request?.path]).to.deep.equal(['POST', '/device_authorization'])
    expect(fieldsOf(request)).to.deep.equal({ client_id: 'client' })
    expect(Object.keys(device)).not.to.include('deviceCode')
    expect(emulator.counts.token).to.equal(0)
  })

  it('polls at the interval until the user approves: one poll for all waiting callers, without failure events', async () => {
    await using system = await setup()
    const { emulator, tokens, clock } = system
    const failures: string[] = []
    tokens.on('*', ({ name }) => {
      if (/fail|reauth/.test(name)) failures.push(name)
    })
    const device = await deviceAuthorization(tokens)
    const asked = [device.token(), device.token()]
    const calls = [byFetch(emulator, tokens)('/scoped/read'), byAxios(emulator, tokens)('/scoped/read')]
    expect(await system.poll()).to.equal(5_000)
    expect(await system.poll()).to.equal(5_000)
    expect(clock.held).to.be.at.least(1)
    emulator.actions.approveDevice(device.userCode)
    expect(await system.poll()).to.equal(5_000)
    const [token, same] = await Promise.all(asked)
    expect(token).to.equal(same)
    expect((await Promise.all(calls)).map(({ status }) => status)).to.deep.equal([200, 200])
    expect(emulator.counts.token).to.equal(3)
    expect(failures).to.deep.equal([])
    const { device_code: code, ...fields } = fieldsOf(tokenRequestsOf(emulator)[0])
    expect(code).to.be.a('string')
    expect(fields).to.deep.equal({ client_id: 'client', grant_type: 'urn:ietf:params:oauth:grant-type:device_code' })
  })

  it('starts a session that is renewed like any other', async () => {
    await using system = await setup()
    const { emulator, tokens } = system
    const device = await deviceAuthorization(tokens)
    emulator.actions.approveDevice(device.userCode, 'bob')
    const token = device.token()
    await system.poll()
    await token
    emulator.revokeAll()
    expect((await byFetch(emulator, tokens)('/scoped/read')).status).to.equal(200)
    expect(grantsOf(emulator).at(-1)).to.equal('refresh_token')
    expect(emulator.issued.map(({ account }) => account)).to.deep.equal(['bob', 'bob'])
  })

  it('adds five seconds to the interval after slow_down', async () => {
    await using system = await setup()
    const { emulator, tokens } = system
    const device = await deviceAuthorization(tokens)
    emulator.next('token', { status: 400, body: { error: 'slow_down' } })
    const token = device.token()
    const waits = [await system.poll(), await system.poll()]
    emulator.actions.approveDevice(device.userCode)
    waits.push(await system.poll())
    await token
    expect(waits).to.deep.equal([5_000, 10_000, 10_000])
  })

  it('polls every five seconds by default, else at the interval of the server', async () => {
    for (const [interval, wait] of [
      [undefined, 5_000],
      [9, 9_000],
    ] as const) {
      await using system = await setup()
      system.emulator.switches.deviceInterval = interval
      const device = await deviceAuthorization(system.tokens)
      system.emulator.actions.approveDevice(device.userCode)
      const token = device.token()
      expect(await system.poll()).to.equal(wait)
      await token
    }
  })

  it('doubles the interval after a temporary failure, and emits attempt-failed', async () => {
    await using system = await setup()
    const { emulator, tokens } = system
    const failed: unknown[] = []
    tokens.on('attempt-failed', ({ grant, status }) => failed.push([grant, status]))
    const device = await deviceAuthorization(tokens)
    emulator.next('token', { status: 503 })
    emulator.actions.approveDevice(device.userCode)
    const token = device.token()
    expect([await system.poll(), await system.poll()]).to.deep.equal([5_000, 10_000])
    await token
    expect(failed).to.deep.equal([['device_code', 503]])
  })

  it('rejects with access_denied; callers of token() get ReauthenticationRequiredError', async () => {
    await using system = await setup()
    const { emulator, tokens } = system
    const device = await deviceAuthorization(tokens)
    emulator.actions.denyDevice(device.userCode)
    const [token, waiting] = [failureOf(device.token()), failureOf(tokens.token())]
    await system.poll()
    expect(await token)
      .to.be.instanceOf(OAuthError)
      .and.include({ error: 'access_denied' })
    const error = await waiting
    expect(error).to.be.instanceOf(ReauthenticationRequiredError)
    expect(String(error)).to.contain('show a person the code that deviceAuthorization() gives')
  })

  it('ends when the code expires, by the local clock or by expired_token', async () => {
    await using system = await setup()
    const { emulator, tokens, clock } = system
    const device = await deviceAuthorization(tokens)
    const token = failureOf(device.token())
    emulator.always('token', { status: 400, body: { error: 'authorization_pending' } })
    while (clock.now() < device.expiresAt - 5_000) await system.poll()
    const { token: polls } = emulator.counts
    await clock.timerSet()
    await clock.advance(5_000)
    expect(await token)
      .to.be.instanceOf(OAuthError)
      .and.include({ error: 'expired_token', status: 0 })
    expect(emulator.counts.token).to.equal(polls)

    const other = await deviceAuthorization(tokens)
    const expired = failureOf(other.token())
    emulator.always('token', { status: 400, body: { error: 'expired_token' } })
    await system.poll()
    expect(await expired).to.include({ error: 'expired_token', status: 400 })
  })

  it('ends with its signal, with a logout, and with another login, which replaces it', async () => {
    await using system = await setup()
    const { emulator, tokens, clock } = system
    const controller = new AbortController()
    const aborted = await deviceAuthorization(tokens, { signal: controller.signal })
    const stopped = failureOf(aborted.token())
    await clock.timerSet()
    controller.abort(new Error('enough'))
    expect(String(await stopped)).to.equal('Error: enough')

    const left = failureOf((await deviceAuthorization(tokens)).token())
    const waiting = failureOf(tokens.token())
    await clock.timerSet()
    await tokens.clear()
    expect(await waiting).to.be.instanceOf(ReauthenticationRequiredError)
    await clock.advance(5_000)
    expect(await left).to.include({ reason: 'cleared' })

    const superseded = failureOf((await deviceAuthorization(tokens)).token())
    const served = tokens.token()
    await clock.timerSet()
    const { accessToken } = await tokens.adopt(emulator.issue())
    expect((await served).accessToken).to.equal(accessToken)
    await clock.advance(5_000)
    expect(await superseded).to.include({ reason: 'cleared' })
    expect((await tokens.token()).accessToken).to.equal(accessToken)
    expect(emulator.counts.token).to.equal(0)
  })

  it('keeps the current token in use meanwhile', async () => {
    await using system = await setup()
    const { emulator, tokens } = system
    const { accessToken } = await tokens.adopt(emulator.issue())
    const device = await deviceAuthorization(tokens)
    const token = device.token()
    expect((await tokens.token()).accessToken).to.equal(accessToken)
    emulator.actions.approveDevice(device.userCode)
    await system.poll()
    const { accessToken: next } = await token
    expect(next).not.to.equal(accessToken)
    expect((await tokens.token()).accessToken).to.equal(next)
  })

  it('authenticates the client at the device authorization endpoint, and sends scope, resource and audience', async () => {
    const { pem, publicJwk } = ec('P-256')
    await using emulator = await startEmulator(
      oauth2Emulator({ clientAuthentication: 'private_key_jwt', keys: [publicJwk] }),
    )
    const provider = oauth2({
      tokenEndpoint: `${emulator.url}/token`,
      deviceAuthorizationEndpoint: `${emulator.url}/device_authorization`,
      clientAuthentication: 'private_key_jwt',
      grants: ['device_code'],
      resource: 'https://api.example',
      audience: 'an audience',
    })
    const credentials = { clientId: 'client', clientAssertion: privateKeyJwt({ key: pem }) }
    await deviceAuthorization(createTokenManager({ provider, credentials, scope: 'read' }))
    const { client_assertion: assertion, client_assertion_type: type, ...fields } = fieldsOf(emulator.log[0])
    expect([assertion, type].every(Boolean)).to.equal(true)
    expect(fields).to.deep.equal({
      client_id: 'client',
      resource: 'https://api.example',
      audience: 'an audience',
      scope: 'read',
    })
  })

  const options = {
    tokenEndpoint: 'https://as.example/token',
    deviceAuthorizationEndpoint: 'https://as.example/device',
    clientAuthentication: 'none',
    grants: ['device_code'],
  } as const satisfies OAuth2Options

  for (const [title, body] of Object.entries({
    'no device code': { user_code: 'A', verification_uri: 'https://as.example', expires_in: 600 },
    'no user code': { device_code: 'dc', verification_uri: 'https://as.example', expires_in: 600 },
    'no verification URI': { device_code: 'dc', user_code: 'A', expires_in: 600 },
    'no expires_in': { device_code: 'dc', user_code: 'A', verification_uri: 'https://as.example' },
    text: 'hello',
  })) {
    it(`rejects with a typed error for a response with ${title}`, async () => {
      const endpoint = new FakeEndpoint()
      endpoint.next(answer(200, body))
      const { transport } = endpoint
      const tokens = createTokenManager({ provider: oauth2(options), credentials: { clientId: 'c' }, transport })
      expect(await failureOf(deviceAuthorization(tokens))).to.include({
        code: 'ERR_TOKEN_RESPONSE',
        reason: 'unreadable',
      })
    })
  }

  it('reads verification_url, as Google sends it', async () => {
    const endpoint = new FakeEndpoint()
    endpoint.next(
      answer(200, { device_code: 'dc-1', user_code: 'A', verification_url: 'https://g.example', expires_in: '60' }),
    )
    const { transport } = endpoint
    const tokens = createTokenManager({ provider: oauth2(options), credentials: { clientId: 'c' }, transport })
    expect(await deviceAuthorization(tokens)).to.include({ verificationUri: 'https://g.example' })
  })

  it('throws for a manager with another grant, for an unknown option, and for a provider without the endpoint', async () => {
    const provider = oauth2({ tokenEndpoint: 'https://as.example/token', clientAuthentication: 'none' })
    const others = [
      createTokenManager({ provider, credentials: { clientId: 'c' } }),
      createTokenManager({ getToken: () => 'AT-1' }),
      {},
      undefined,
    ]
    for (const tokens of others) {
      const error = await failureOf(deviceAuthorization(tokens as TokenManager))
      expect(error).to.be.instanceOf(TypeError)
      expect(String(error)).to.contain('tokenflight: tokens: expected a manager of the grant device_code')
    }
    const late = deviceAuthorization(undefined as never, { timeout: 5 } as object)
    expect(String(await failureOf(late))).to.contain('tokenflight: timeout: expected no option of this name (there are')
    const without = { ...options, deviceAuthorizationEndpoint: undefined } as unknown as OAuth2Options
    expect(() => oauth2(without)).to.throw(TypeError, 'tokenflight: oauth2.deviceAuthorizationEndpoint: expected a URL')
  })
})
