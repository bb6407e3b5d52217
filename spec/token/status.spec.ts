import { expect } from 'chai'
import { PromptRequiredError } from '../../lib/errors.ts'
import { netsapiens } from '../../lib/providers/presets/netsapiens.ts'
import { createTokenManager, type TokenManager } from '../../lib/token/token-manager.ts'
import { flush, VirtualClock } from '../support/clock.ts'
import { failureOf } from '../support/failure.ts'
import { answer, FakeEndpoint, refusal } from '../support/fake-endpoint.ts'
import { inTime, membersOver } from '../support/sessions.ts'
import { SharedMemory } from '../support/stores.ts'

const second = 1_000
const hour = 3_600 * second

/** The statuses that a manager tells, in order. */
function statusesOf(tokens: TokenManager): string[] {
  const statuses: string[] = []
  tokens.on('status', ({ status }) => statuses.push(status))
  return statuses
}

describe('TokenManager.status and the status event', () => {
  for (const store of [undefined, new SharedMemory()])
    it(`follow the session of a user, ${store ? 'shared' : 'alone'}`, async () => {
      const members = membersOver(store)
      const { clock, server } = members
      const tokens = members.consented()
      const told = statusesOf(tokens)
      /** The statuses emitted since the last call; checks that the last one equals `status`. */
      const since = (): string[] => {
        const statuses = told.splice(0)
        if (statuses.length > 0) expect(tokens.status).to.equal(statuses.at(-1))
        return statuses
      }
      expect(tokens.status).to.equal('signed-out')
      // Nobody is logged in: asking changes nothing.
      await failureOf(tokens.token())
      expect(tokens.status).to.equal('signed-out')
      told.splice(0)
      await members.exchange(tokens)
      expect(since()).to.deep.equal(['signed-in'])
      // A renewal in the background is nobody's business.
      await clock.advance(hour - 200 * second)
      await tokens.token()
      await flush()
      expect(since()).to.deep.equal([])
      // The token has ended, and the server is down.
      await clock.advance(hour)
      server.always(answer(503, ''))
      await failureOf(inTime(clock, tokens.token()))
      expect(since()).to.deep.equal(['obtaining', 'backing-off'])
      server.always('token')
      await clock.advance(60 * second)
      await tokens.token()
      expect(since().at(-1)).to.equal('signed-in')
      // The server is down, and the token lives.
      await clock.advance(hour - 10 * second)
      server.always(answer(503, ''))
      await inTime(clock, tokens.token())
      expect(tokens.status).to.equal('signed-in')
      await clock.advance(hour)
      server.always(refusal('invalid_grant'))
      await failureOf(inTime(clock, tokens.token()))
      expect(since().at(-1)).to.equal('ended')
      await clock.advance(24 * hour)
      await failureOf(tokens.token())
      expect(tokens.status).to.equal('ended')
      told.splice(0)
      server.always('token')
      await members.exchange(tokens)
      expect(since()).to.deep.equal(['signed-in'])
      await tokens.clear()
      expect(since()).to.deep.equal(['signed-out'])
    })

  it('follow the session of a client credentials grant', async () => {
    const members = membersOver(undefined)
    const { clock, server } = members
    const tokens = members.client()
    const told = statusesOf(tokens)
    expect(tokens.status).to.equal('signed-out')
    const release = server.hold()
    const waiting = tokens.token()
    expect(tokens.status).to.equal('obtaining')
    release()
    await waiting
    expect(tokens.status).to.equal('signed-in')
    await clock.advance(hour)
    server.next(refusal('invalid_client'))
    await failureOf(tokens.token())
    expect(tokens.status).to.equal('backing-off')
    await clock.advance(5 * second)
    await tokens.token()
    await flush()
    expect(told.filter((status, n) => status !== told[n - 1])).to.deep.equal(told)
    expect(told[0]).to.equal('obtaining')
    expect(told.at(-1)).to.equal('signed-in')
    expect(told).to.include('backing-off')
  })

  it('follow a login, a logout and an end of the session in other members', async () => {
    const members = membersOver(new SharedMemory())
    const { clock, server } = members
    const [one, other] = [members.consented(), members.consented()]
    await failureOf(other.token())
    const told = statusesOf(other)
    await members.exchange(one)
    await flush()
    expect(other.status).to.equal('signed-in')
    await one.clear()
    await flush()
    expect(other.status).to.equal('signed-out')
    await members.exchange(one)
    await flush()
    await clock.advance(hour)
    server.next(refusal('invalid_grant'))
    await failureOf(one.token())
    await flush()
    expect(other.status).to.equal('ended')
    expect(told).to.deep.equal(['signed-in', 'signed-out', 'signed-in', 'ended'])
  })

  it('are signed-out until a store with a session has been read, which the first token does', async () => {
    const members = membersOver(new SharedMemory())
    const [one, other] = [members.consented(), members.consented()]
    await members.exchange(one)
    await flush()
    expect(other.status).to.equal('signed-out')
    await other.token()
    expect(other.status).to.equal('signed-in')
    await one.clear()
    await flush()
    expect(other.status).to.equal('signed-out')
  })

  it('are ended while a token of an ended session is served', async () => {
    const members = membersOver(undefined)
    const { clock, server } = members
    const tokens = members.consented()
    await members.exchange(tokens)
    await clock.advance(hour - 10 * second)
    server.next(refusal('invalid_grant'))
    expect((await tokens.token()).accessToken).to.equal('AT-1')
    expect(tokens.status).to.equal('ended')
    await clock.advance(10 * second)
    await failureOf(tokens.token())
    expect(tokens.status).to.equal('ended')
  })

  it('are ended while a first prompt is not answered', async () => {
    const endpoint = new FakeEndpoint()
    endpoint.next(
      answer(200, {
        access_token: 'partial-token',
        mfa_type: 'authenticator',
        mfa_vendor: 'google',
        scope: 'mfa_required',
      }),
    )
    const tokens = createTokenManager({
      provider: netsapiens,
      grant: 'password',
      credentials: { server: 'h.example', clientId: 'c', clientSecret: 's', username: 'u@d', password: 'the-password' },
      transport: endpoint.transport,
      clock: new VirtualClock(),
    })
    expect(await failureOf(tokens.token())).to.be.instanceOf(PromptRequiredError)
    expect(tokens.status).to.equal('ended')
  })

  it('contain no secret', async () => {
    const members = membersOver(undefined)
    const tokens = members.consented()
    const events: unknown[] = []
    tokens.on('status', (event) => events.push(event))
    await members.exchange(tokens)
    expect(events).to.deep.equal([{ name: 'status', provider: 'strict', account: 'ann', status: 'signed-in' }])
  })
})
