// Token exchange (RFC 8693) with the token of another manager, against a server that checks both.
import { expect } from 'chai'
import { createTokenManager, type TokenManager, TokenRequestError } from '../../lib/index.ts'
import { oauth2, tokenOf } from '../../lib/providers.ts'
import { type Emulator, oauth2Emulator, type OAuth2System, startEmulator } from '../../lib/testing.ts'
import { VirtualClock } from '../support/clock.ts'
import { failureOf } from '../support/failure.ts'
import { realNetwork } from '../support/real-network.ts'
import { atOnce, byAxios, byFetch, fieldsOf, grantsOf, tokenRequestsOf } from '../systems/support.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'

interface Setup extends AsyncDisposable {
  readonly emulator: Emulator<OAuth2System>
  readonly clock: VirtualClock
  /** Of the person. */
  readonly people: TokenManager
  /** Of the service that acts for them. */
  readonly service: TokenManager
}

async function setup(): Promise<Setup> {
  const clock = new VirtualClock()
  const emulator = await startEmulator(oauth2Emulator(), { clock })
  const { provider, grants, credentials } = emulator
  const people = createTokenManager({ provider, grant: 'password', credentials: grants.password, clock })
  const service = createTokenManager({
    provider,
    grant: 'token_exchange',
    credentials: { ...credentials, subjectToken: tokenOf(people) },
    clock,
  })
  return { emulator, clock, people, service, [Symbol.asyncDispose]: () => emulator.close() }
}

describe('token exchange', () => {
  realNetwork()

  it('obtains a token for the subject token of another manager, with the parameters of RFC 8693', async () => {
    await using system = await setup()
    const { emulator, people, service } = system
    expect((await byFetch(emulator, service)('/scoped/read')).status).to.equal(200)
    expect(grantsOf(emulator)).to.deep.equal(['password', EXCHANGE])
    const fields = fieldsOf(tokenRequestsOf(emulator)[1])
    expect(fields).to.deep.equal({
      grant_type: EXCHANGE,
      subject_token: (await people.token()).accessToken,
      subject_token_type: ACCESS_TOKEN,
    })
    expect(emulator.issued.map(({ account }) => account)).to.deep.equal(['ann', 'ann'])
  })

  it('sends one request for all waiting callers, also for the subject token', async () => {
    await using system = await setup()
    await atOnce(20, () => byAxios(system.emulator, system.service)('/scoped/read'))
    expect(grantsOf(system.emulator)).to.deep.equal(['password', EXCHANGE])
  })

  it('reads the subject token for each exchange, and uses a renewed one', async () => {
    await using system = await setup()
    const { emulator, people, service } = system
    const first = await service.token()
    await people.renew(await people.token())
    await service.renew(first)
    const [, before, , after] = tokenRequestsOf(emulator).map(fieldsOf)
    expect(grantsOf(emulator)).to.deep.equal(['password', EXCHANGE, 'refresh_token', EXCHANGE])
    expect(before?.['subject_token']).not.to.equal(after?.['subject_token'])
    expect(after?.['subject_token']).to.equal((await people.token()).accessToken)
  })

  it('renews a subject token that the server rejects, and exchanges the new one once', async () => {
    await using system = await setup()
    const { emulator, people, service } = system
    const failures: string[] = []
    service.on('failed', ({ name }) => failures.push(name))
    emulator.revoke((await people.token()).accessToken)
    expect((await byFetch(emulator, service)('/scoped/read')).status).to.equal(200)
    expect(grantsOf(emulator)).to.deep.equal(['password', EXCHANGE, 'refresh_token', EXCHANGE])
    expect(failures).to.deep.equal([])
  })

  it('exchanges at most twice, and rejects with the error response', async () => {
    await using system = await setup()
    const { emulator, service } = system
    emulator.next('token', [
      undefined,
      ...Array.from({ length: 3 }, (_, index) =>
        index === 1 ? undefined : { status: 400, body: { error: 'invalid_grant' } },
      ),
    ])
    const error = await failureOf(service.token())
    expect((error as Error).cause).to.include({ error: 'invalid_grant' })
    expect(grantsOf(emulator)).to.deep.equal(['password', EXCHANGE, 'refresh_token', EXCHANGE])
  })

  for (const error of ['invalid_client', 'invalid_scope', 'invalid_target', 'unauthorized_client']) {
    it(`does not renew the subject token after ${error}`, async () => {
      await using system = await setup()
      const { emulator, service } = system
      emulator.next('token', [undefined, { status: 400, body: { error } }])
      expect(await failureOf(service.token())).to.include({ error })
      expect(grantsOf(emulator)).to.deep.equal(['password', EXCHANGE])
    })
  }

  it('rejects with the error of the other manager as cause, and works once that has a token again', async () => {
    await using emulator = await startEmulator(oauth2Emulator())
    const { provider, credentials } = emulator
    let loggedIn = false
    const people = createTokenManager({ getToken: () => (loggedIn ? emulator.issue({ account: 'ann' }) : undefined) })
    const service = createTokenManager({
      provider,
      grant: 'token_exchange',
      credentials: { ...credentials, subjectToken: tokenOf(people) },
    })
    const error = await failureOf(service.token())
    expect(error).to.be.instanceOf(TokenRequestError).and.include({ reason: 'credentials' })
    expect((error as Error).cause).to.include({ code: 'ERR_REAUTHENTICATION_REQUIRED' })
    expect(emulator.log).to.have.length(0)
    loggedIn = true
    people.retryNow()
    service.retryNow()
    expect((await byAxios(emulator, service)('/scoped/read')).status).to.equal(200)
  })

  it('accepts an actor token, a resource and token types', async () => {
    await using emulator = await startEmulator(oauth2Emulator())
    const provider = oauth2({
      tokenEndpoint: `${emulator.url}/token`,
      clientAuthentication: 'client_secret_basic',
      grants: ['token_exchange'],
      resource: 'https://orders.example',
      audience: 'orders',
      api: emulator.api,
    })
    const [subject, actor] = [emulator.issue({ account: 'bob' }), emulator.issue()]
    const tokens = createTokenManager({
      provider,
      scope: 'read',
      credentials: {
        ...emulator.credentials,
        subjectToken: subject.accessToken,
        actorToken: actor.accessToken,
        actorTokenType: ACCESS_TOKEN,
        requestedTokenType: ACCESS_TOKEN,
      },
    })
    expect((await byFetch(emulator, tokens)('/scoped/read')).status).to.equal(200)
    expect(fieldsOf(tokenRequestsOf(emulator)[0])).to.deep.equal({
      grant_type: EXCHANGE,
      subject_token: subject.accessToken,
      subject_token_type: ACCESS_TOKEN,
      actor_token: actor.accessToken,
      actor_token_type: ACCESS_TOKEN,
      requested_token_type: ACCESS_TOKEN,
      resource: 'https://orders.example',
      audience: 'orders',
      scope: 'read',
    })
    expect(emulator.issued.at(-1)).to.include({ account: 'bob', scope: 'read' })
  })

  it('works on behalf of a user with jwt_bearer, where the token of another manager is the assertion', async () => {
    const sent: Record<string, string>[] = []
    const people = createTokenManager({ getToken: () => 'a.subject.token' })
    const provider = oauth2({
      tokenEndpoint: 'https://login.example/token',
      clientAuthentication: 'client_secret_post',
      grants: ['jwt_bearer'],
      params: { requested_token_use: 'on_behalf_of' },
    })
    const tokens = createTokenManager({
      provider,
      credentials: { clientId: 'c', clientSecret: 'a-client-secret', assertion: tokenOf(people) },
      transport: async (call) => {
        sent.push(Object.fromEntries(new URLSearchParams((await call.prepare()).body)))
        return { status: 200, headers: {}, text: '{"access_token":"AT-1"}' }
      },
    })
    await tokens.token()
    expect(sent).to.deep.equal([
      {
        client_id: 'c',
        client_secret: 'a-client-secret',
        requested_token_use: 'on_behalf_of',
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion: 'a.subject.token',
      },
    ])
  })

  it('throws for a value that is no token source', () => {
    for (const wrong of [undefined, 'a token', {}, { token: () => 'AT-1' }])
      expect(() => tokenOf(wrong as never)).to.throw(TypeError, 'tokenflight: tokens: expected a manager')
  })
})
