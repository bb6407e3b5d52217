// FAULTS, "Token endpoint faults", by both transports against a server that misbehaves, and by the manager on a clock that stands still.
import { createGzip } from 'node:zlib'
import axios from 'axios'
import { expect } from 'chai'
import { attachBearer, axiosTransport } from '../../lib/axios.ts'
import { fetchTransport } from '../../lib/fetch.ts'
import {
  createTokenManager,
  OAuthError,
  ReauthenticationRequiredError,
  type TokenManager,
  TokenRequestError,
  TokenResponseError,
} from '../../lib/index.ts'
import { type Emulator, oauth2Emulator, type OAuth2System, startEmulator } from '../../lib/testing.ts'
import type { Clock } from '../../lib/util/clock.ts'
import { flush, VirtualClock } from '../support/clock.ts'
import { failureOf } from '../support/failure.ts'
import { answer, refusal } from '../support/fake-endpoint.ts'
import { plain, setup, secrets } from '../support/managers.ts'
import { realNetwork } from '../support/real-network.ts'

const second = 1_000
const hour = 3_600 * second

/** The system's time, but pauses of less than the deadline of a flight take none. */
const hasty: Clock = {
  monotonic: () => 0,
  now: () => Date.now(),
  random: () => 0.5,
  after: (ms, act) => {
    const timer = ms < 30 * second ? setImmediate(act) : undefined
    return {
      hold: () => undefined,
      cancel: () => {
        clearImmediate(timer)
      },
    }
  },
}

for (const [name, transport] of [
  ['axios over http', () => axiosTransport({ adapter: 'http' })],
  ['axios over fetch', () => axiosTransport({ adapter: 'fetch' })],
  ['fetch', () => fetchTransport()],
] as const) {
  describe(`A token endpoint called by ${name}`, () => {
    let emulator: Emulator<OAuth2System>
    beforeEach(async () => {
      emulator = await startEmulator(oauth2Emulator())
    })
    afterEach(() => emulator.close())

    const manager = (clock: Clock): TokenManager => {
      const { provider, credentials } = emulator
      return createTokenManager({ provider, grant: 'client_credentials', credentials, transport: transport(), clock })
    }
    const signedIn = (clock: Clock): TokenManager => {
      const { provider, grants } = emulator
      const options = { provider, grant: 'password', credentials: grants.password } as const
      return createTokenManager({ ...options, transport: transport(), clock })
    }

    // Fault 20, 21
    for (const how of ['hang', 'stall'] as const) {
      it(`that ${how}s ends the renewal at its deadline; the next caller starts another`, async () => {
        const clock = new VirtualClock()
        const tokens = manager(clock)
        emulator.next('token', { [how]: true })
        const waiting = failureOf(tokens.token())
        await emulator.arrived('token')
        await clock.advance(30 * second)
        expect(await waiting)
          .to.be.instanceOf(TokenRequestError)
          .and.include({ reason: 'timeout' })
        await clock.advance(second)
        expect((await tokens.token()).accessToken).to.equal(emulator.issued.at(-1)?.accessToken)
        expect(emulator.counts.token).to.equal(2)
      })
    }

    // Fault 22
    it('that closes the connection of a client credentials request gets the request again', async () => {
      const tokens = manager(hasty)
      emulator.next('token', ['drop', 'drop-after'])
      expect((await tokens.token()).accessToken).to.equal(emulator.issued.at(-1)?.accessToken)
      expect(emulator.counts.token).to.equal(3)
    })

    for (const [onReuse, outcome] of [
      ['grace', 'succeeds with the same refresh token'],
      ['refuse', 'falls back to the password grant'],
    ] as const) {
      // Fault 23
      it(`that rotates and loses the response gets the refresh once more, and the renewal ${outcome}`, async () => {
        const tokens = signedIn(hasty)
        const first = await tokens.token()
        emulator.switches.onReuse = onReuse
        emulator.clearLog()
        emulator.next('token', 'drop-after')
        await tokens.renew(first)
        const grants = emulator.log.map(({ grant }) => grant)
        const renewals = ['refresh_token', 'refresh_token']
        expect(grants).to.deep.equal(onReuse === 'grace' ? renewals : [...renewals, 'password'])
      })
    }

    // Fault 23
    it('that rotates, loses the response and rejects reuse ends the session where no grant is left', async () => {
      const tokens = signedIn(hasty)
      const { accessToken, refreshToken = '' } = emulator.issue({ grant: 'password', account: 'ann', refresh: true })
      await tokens.adopt({ accessToken, refreshToken, expiresAt: Date.now() })
      emulator.next('token', ['drop-after', undefined, { status: 400, body: { error: 'invalid_grant' } }])
      expect(await failureOf(tokens.token())).to.be.instanceOf(ReauthenticationRequiredError)
      expect(await failureOf(tokens.token())).to.be.instanceOf(ReauthenticationRequiredError)
      const shown = emulator.log.filter(({ grant }) => grant === 'refresh_token')
      expect(shown).to.have.length(2)
      expect(emulator.counts.token).to.equal(3)
    })

    const floods: readonly (readonly [what: string, headers: Record<string, string>, gzip: boolean])[] = [
      ['chunks without an end', { 'content-type': 'application/json' }, false],
      ['a small body that unpacks into a large one', { 'content-encoding': 'gzip' }, true],
    ]
    for (const [what, headers, gzip] of floods) {
      // Fault 31
      it(`that responds with ${what} is read up to 1 MiB`, async () => {
        const tokens = manager(hasty)
        let written = 0
        let closed: Promise<unknown> = Promise.resolve()
        emulator.next('token', {
          raw: (response) => {
            closed = new Promise((resolve) => response.once('close', resolve))
            const flood = gzip ? createGzip() : response
            response.writeHead(200, headers)
            if (flood !== response) flood.pipe(response)
            const chunk = Buffer.alloc(65_536, ' ')
            const pour = (): void => {
              while (!response.destroyed && written < 2 ** 28) {
                written += chunk.length
                if (!flood.write(chunk)) return void flood.once('drain', pour)
              }
            }
            pour()
          },
        })
        expect(await failureOf(tokens.token()))
          .to.be.instanceOf(TokenResponseError)
          .and.include({ reason: 'too_large' })
        expect(emulator.counts.token).to.equal(1)
        await closed
        expect(written).to.be.below(gzip ? 2 ** 28 : 2 ** 25)
      })
    }

    for (const status of [301, 302, 303, 307, 308]) {
      // Fault 38
      it(`that redirects with ${String(status)} is not followed, and no secret is sent to the other server`, async () => {
        await using stranger = await startEmulator(oauth2Emulator())
        const tokens = manager(hasty)
        emulator.always('token', { status, headers: { location: `${stranger.url}/token` }, body: '' })
        expect(await failureOf(tokens.token()))
          .to.be.instanceOf(TokenRequestError)
          .and.include({ reason: 'redirect' })
        expect(emulator.counts.token).to.equal(1)
        expect(stranger.log).to.deep.equal([])
      })
    }
  })
}

describe('An error response of the token endpoint', () => {
  realNetwork()

  // Fault 26
  it('with 401 is no 401 of the API: one token request for all callers, and no request', async () => {
    await using emulator = await startEmulator(oauth2Emulator())
    const instance = axios.create({ baseURL: emulator.url })
    const { provider, credentials } = emulator
    const wrong = { ...credentials, clientSecret: 'not-the-secret' }
    attachBearer(
      instance,
      {
        provider,
        grant: 'client_credentials',
        credentials: wrong,
        resources: [emulator.url],
        clock: new VirtualClock(),
      },
      { resources: [emulator.url] },
    )
    for (let nth = 0; nth < 10; nth += 1) {
      const all = await Promise.all(Array.from({ length: 10 }, () => failureOf(instance.get('/api/echo'))))
      for (const error of all) expect(error).to.be.instanceOf(OAuthError).and.include({ error: 'invalid_client' })
    }
    expect(emulator.counts).to.include({ token: 1, resource: 0 })
  })

  const codes = ['invalid_scope', 'invalid_target', 'unauthorized_client', 'unsupported_grant_type', 'invalid_client']
  for (const code of codes) {
    // Fault 27, 93
    it(`with ${code} rejects with its code, and is not followed by another request at once`, async () => {
      const { clock, endpoint, tokens } = setup()
      endpoint.always(refusal(code))
      const errors = await Promise.all([1, 2, 3].map(() => failureOf(tokens.token())))
      expect(await failureOf(tokens.token())).to.equal(errors[0])
      expect(errors[0]).to.be.instanceOf(OAuthError).and.include({ error: code })
      expect(endpoint.calls).to.equal(1)
      await clock.advance(5 * second)
      await failureOf(tokens.token())
      expect(endpoint.calls).to.equal(2)
    })
  }

  const grown: readonly (readonly [string, number])[] = [
    ['invalid_grant', 200],
    ['invalid_grant', 400],
    ['INVALID_GRANT', 400],
    ['Invalid_Grant', 401],
  ]
  for (const [error, status] of grown) {
    // Fault 28, 91
    it(`with ${error} and status ${String(status)} ends the session, whatever else the body contains`, async () => {
      const { clock, endpoint, tokens } = setup({ once: true })
      const body = {
        error,
        error_description: 'Le jeton a été révoqué',
        error_uri: 'x',
        trace: { id: 1 },
        access_token: null,
      }
      endpoint.always(answer(status, body))
      expect(await failureOf(tokens.token())).to.be.instanceOf(ReauthenticationRequiredError)
      await clock.advance(hour)
      expect(await failureOf(tokens.token())).to.be.instanceOf(ReauthenticationRequiredError)
      expect(endpoint.calls).to.equal(1)
    })
  }

  for (const [code, calls] of [
    ['invalid_client', 1],
    ['temporarily_unavailable', 3],
  ] as const) {
    // Fault 28
    it(`with ${code} means the same with status 200 as with 400`, async () => {
      for (const status of [200, 400]) {
        const { clock, endpoint, tokens } = setup()
        endpoint.always(refusal(code, status))
        const failing = failureOf(tokens.token())
        await clock.advance(4 * second)
        expect(await failing)
          .to.be.instanceOf(OAuthError)
          .and.include({ error: code, status })
        expect(endpoint.calls).to.equal(calls)
      }
    })
  }

  // Fault 19
  it('with 429 and Retry-After pauses token requests for that time', async () => {
    const start = new VirtualClock().now()
    for (const [said, wait] of [
      ['120', 120 * second],
      [new Date(start + 90 * second).toUTCString(), 90 * second],
      ['315360000', hour],
    ] as const) {
      const { clock, endpoint, tokens } = setup()
      endpoint.next(answer(429, '', { 'retry-after': said }))
      expect(await failureOf(tokens.token())).to.include({ retryAt: clock.now() + wait })
      await clock.advance(wait - 1)
      await failureOf(tokens.token())
      expect(endpoint.calls).to.equal(1)
      await clock.advance(1)
      expect((await tokens.token()).accessToken).to.equal('AT-1')
    }
  })

  // Fault 18, 19
  it('with an invalid Retry-After leaves the pauses unchanged', async () => {
    const { clock, endpoint, tokens } = setup()
    endpoint.always(answer(429, '', { 'retry-after': 'soon' }))
    const failing = failureOf(tokens.token())
    await clock.advance(4 * second)
    const { retryAt = 0 } = (await failing) as TokenRequestError
    expect(retryAt - clock.now()).to.be.within(-second, second)
    expect(endpoint.calls).to.equal(3)
  })
})

describe('A rejected refresh', () => {
  // Fault 108
  for (const [what, status, body] of [
    ['unsupported_grant_type', 400, { error: 'unsupported_grant_type' }],
    ['unauthorized_client', 400, { error: 'unauthorized_client' }],
    ['invalid_client', 401, { error: 'invalid_client' }],
    ["a code of the system's own", 400, { error: 'E-4711' }],
    ['a bare 401', 401, ''],
    ['a bare 403', 403, ''],
    ['JSON without a code', 400, { errorCode: 'BXNIM0408E' }],
  ] as const) {
    it(`is followed by the grant in the same renewal: ${what}`, async () => {
      const { clock, endpoint, tokens } = setup()
      endpoint.refreshing = true
      await tokens.token()
      await clock.advance(hour)
      endpoint.next(answer(status, body))
      expect((await tokens.token()).accessToken).to.equal('AT-2')
      expect(endpoint.params.map((params) => params.get('grant_type')).slice(1)).to.deep.equal([
        'refresh_token',
        'client_credentials',
      ])
    })
  }
})

describe('A response without a token', () => {
  const nothing: readonly (readonly [what: string, status: number, body: unknown, headers?: Record<string, string>])[] =
    [
      // Fault 29
      ['no access_token', 200, { token_type: 'Bearer' }],
      ['an empty one', 200, { access_token: '' }],
      ['one that is a number', 200, { access_token: 12345 }],
      ['one that is null', 200, { access_token: null }],
      // Fault 30
      ['a login page', 200, '<!doctype html><title>Sign in</title>', { 'content-type': 'text/html' }],
      ['JSON that breaks off', 200, '{"access_token":"cut-off-tok'],
      ['nothing at all', 200, ''],
      [
        'a form that calls itself JSON',
        200,
        'access_token=of-a-form&expires_in=60',
        { 'content-type': 'application/json' },
      ],
      // Fault 35
      ['the token_type mac', 200, { access_token: 'of-another-kind', token_type: 'mac' }],
      ['the token_type DPoP', 200, { access_token: 'of-another-kind', token_type: 'DPoP' }],
      // Fault 90
      ["a firewall's page", 403, '<html>Access denied by policy</html>', { 'content-type': 'text/html' }],
      ["a captive portal's page", 200, '<html>Welcome to the airport</html>', { 'content-type': 'text/html' }],
    ]

  for (const [what, status, body, headers] of nothing) {
    it(`but ${what} causes one token request; the token is served until it expires, and the session goes on`, async () => {
      const { clock, endpoint, tokens } = setup()
      const told: string[] = []
      tokens.on('reauthentication-required', () => told.push('dead'))
      endpoint.refreshing = true
      const old = await tokens.token()
      await clock.advance(hour - 300 * second)
      endpoint.always(answer(status, body, headers))
      expect(tokens.peek()).to.equal(old)
      await flush()
      expect(endpoint.calls).to.equal(2)
      expect(tokens.peek()).to.equal(old)
      await clock.advance(300 * second)
      const error = await failureOf(tokens.token())
      expect(error).to.not.be.instanceOf(ReauthenticationRequiredError)
      if (typeof body === 'string' && body) expect(String(error)).to.not.contain(body.slice(0, 20))
      endpoint.always(undefined)
      await clock.advance(60 * second)
      expect((await tokens.token()).accessToken).to.equal('AT-2')
      expect(told).to.deep.equal([])
    })
  }

  const readable: readonly (readonly [what: string, body: string, headers: Record<string, string>])[] = [
    [
      'form data labelled so',
      'access_token=of-a-form&expires_in=60',
      { 'content-type': 'application/x-www-form-urlencoded' },
    ],
    ['JSON after a byte order mark', '\uFEFF{"access_token":"marked"}', {}],
    ['JSON labelled text/html', '{"access_token":"disguised"}', { 'content-type': 'text/html' }],
  ]
  for (const [what, body, headers] of readable) {
    // Fault 30
    it(`is not assumed for ${what}`, async () => {
      const { endpoint, tokens } = setup()
      endpoint.next(answer(200, body, headers))
      expect((await tokens.token()).accessToken).to.be.oneOf(['of-a-form', 'marked', 'disguised'])
      expect(endpoint.calls).to.equal(1)
    })
  }

  for (const type of ['bearer', 'BEARER', 'Bearer', undefined]) {
    // Fault 35
    it(`is not assumed for token_type ${String(type)}, which means Bearer`, async () => {
      const { endpoint, tokens } = setup()
      endpoint.next(answer(200, { access_token: 'of-that-type', token_type: type }))
      expect(await tokens.token()).to.include({ scheme: 'Bearer', accessToken: 'of-that-type' })
    })
  }
})

describe('expires_in', () => {
  const written = ['"3600"', '3600.7', '0', '-1', 'null', '""', '"never"', '1e400', '9007199254740992', '{}', undefined]
  for (const expires of written) {
    // Fault 32
    it(`of ${String(expires)} never causes one token request after another`, async () => {
      const { clock, endpoint, tokens } = setup()
      let issued = 0
      endpoint.always(() => {
        issued += 1
        const lifetime = expires === undefined ? '' : `,"expires_in":${expires}`
        return answer(200, `{"access_token":"token-${String(issued)}"${lifetime}}`)
      })
      await tokens.token()
      for (let at = 0; at < 600; at += 1) {
        expect(tokens.peek()).to.not.equal(undefined)
        await clock.advance(second)
      }
      expect(endpoint.calls).to.equal(1)
      const token = await tokens.renew(await tokens.token())
      expect(tokens.peek()).to.equal(token)
      expect(endpoint.calls).to.equal(2)
    })
  }

  // Fault 34
  it('of 5 s, far less than the windows, causes a token request every 4 s, whatever the load', async () => {
    const { clock, endpoint, tokens } = setup()
    endpoint.lifetime = 5
    for (let tenth = 0; tenth < 600; tenth += 1) {
      for (let nth = 0; nth < 10; nth += 1) if (!tokens.peek()) await tokens.token()
      await clock.advance(100)
    }
    expect(endpoint.calls).to.be.within(14, 17)
  })
})

describe('A refresh token', () => {
  for (const [what, given, next] of [
    ['that the response omits', undefined, 'RT-first'],
    ['that the response repeats', 'RT-first', 'RT-first'],
    ['that the response sends empty', '', 'RT-first'],
    ['that the response replaces', 'RT-second', 'RT-second'],
  ] as const) {
    // Fault 36
    it(`${what} is ${next === 'RT-first' ? 'kept' : 'replaced'}`, async () => {
      const { clock, endpoint, tokens } = setup()
      const body = { token_type: 'Bearer', expires_in: 60 }
      endpoint.next(
        answer(200, { ...body, access_token: 'token-1', refresh_token: 'RT-first' }),
        answer(200, { ...body, access_token: 'token-2', refresh_token: given }),
      )
      for (let nth = 0; nth < 3; nth += 1) {
        await tokens.token()
        await clock.advance(60 * second)
      }
      expect(endpoint.params.map((params) => params.get('refresh_token'))).to.deep.equal([null, 'RT-first', next])
    })
  }
})

describe('A refresh whose response is lost twice', () => {
  // Fault 23
  it('is followed by another grant in the same renewal', async () => {
    const { clock, endpoint, tokens } = setup()
    endpoint.refreshing = true
    await tokens.token()
    await clock.advance(hour)
    endpoint.next({ failure: 'lost' }, { failure: 'lost' })
    const waiting = tokens.token()
    await clock.advance(2 * second)
    expect((await waiting).accessToken).to.equal('AT-2')
    const grants = endpoint.params.map((params) => params.get('grant_type'))
    expect(grants).to.deep.equal(['client_credentials', 'refresh_token', 'refresh_token', 'client_credentials'])
  })

  // Fault 23
  it('is a temporary failure where there is no other grant', async () => {
    const { clock, endpoint, tokens } = setup({ once: true })
    endpoint.refreshing = true
    await tokens.token()
    await clock.advance(hour)
    endpoint.next({ failure: 'lost' }, { failure: 'lost' })
    const failing = failureOf(tokens.token())
    await clock.advance(2 * second)
    expect(await failing)
      .to.be.instanceOf(TokenRequestError)
      .and.include({ reason: 'unreachable' })
    await clock.advance(second)
    expect((await tokens.token()).accessToken).to.equal('AT-2')
  })
})

describe('A renewal that throws', () => {
  // Fault 39
  it('in the transport does not prevent the next', async () => {
    const { endpoint } = setup()
    let broken = true
    const { clock, tokens } = setup({
      transport: (conversation) => {
        if (broken) throw new Error('a transport of no use')
        return endpoint.transport(conversation)
      },
    })
    expect(await failureOf(tokens.token())).to.be.instanceOf(TokenRequestError)
    broken = false
    await clock.advance(second)
    expect((await tokens.token()).accessToken).to.equal('AT-1')
    expect(clock.timers).to.equal(0)
  })

  // Fault 39
  it('in a credential function does not prevent the next; its error is not quoted', async () => {
    const { clock, endpoint } = setup()
    let broken = true
    const tokens = createTokenManager({
      provider: plain,
      grant: 'client_credentials',
      clock,
      transport: endpoint.transport,
      credentials: {
        clientId: secrets.clientId,
        clientSecret: () => {
          if (broken) throw new Error('the vault would not give hunter2')
          return secrets.clientSecret
        },
      },
    })
    const error = await failureOf(tokens.token())
    expect(error).to.be.instanceOf(TokenRequestError).and.include({ reason: 'credentials' })
    expect(String(error)).to.not.contain('hunter2')
    expect(endpoint.calls).to.equal(0)
    broken = false
    await clock.advance(5 * second)
    expect((await tokens.token()).accessToken).to.equal('AT-1')
  })

  // Fault 39
  it('in a listener does not fail', async () => {
    const { clock, endpoint, tokens } = setup({ once: true })
    let told = 0
    for (const name of [
      'acquired',
      'renewed',
      'failed',
      'served-stale',
      'reauthentication-required',
      'cleared',
      'adopted',
    ] as const)
      tokens.on(name, () => {
        told += 1
        throw new Error('a listener of no use')
      })
    endpoint.refreshing = true
    await Promise.all([tokens.token(), tokens.token()])
    await clock.advance(hour - 300 * second)
    tokens.peek()
    await flush()
    endpoint.always(refusal('invalid_grant'))
    await clock.advance(hour)
    expect(await failureOf(tokens.token())).to.be.instanceOf(ReauthenticationRequiredError)
    await tokens.clear()
    await tokens.adopt({ accessToken: 'adopted-token' })
    expect(told).to.equal(7)
    expect(tokens.peek()?.accessToken).to.equal('adopted-token')
  })
})
