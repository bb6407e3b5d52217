// Sessions over a real Redis: managers with connections of their own, and a server that ends a session whose spent refresh token comes again.
import { expect } from 'chai'
import { createClient } from 'redis'
import { type TokenEvents, TokenRequestError } from '../../lib/index.ts'
import { redisStore } from '../../lib/stores/redis.ts'
import { type Emulator, oauth2Emulator, type OAuth2System, startEmulator } from '../../lib/testing.ts'
import { createTokenManager, type TokenManager } from '../../lib/token/token-manager.ts'
import { type Database, describeWith, startRedis } from '../support/databases.ts'
import { failureOf } from '../support/failure.ts'
import { realNetwork } from '../support/real-network.ts'

const storeDeadline = 300

/** One process of an application: a manager, and its connections to Redis. */
interface Member {
  readonly tokens: TokenManager
  /** Resolves when the connections, once lost, are there again. */
  readonly reconnected: () => Promise<unknown>
  readonly close: () => void
}

async function startMember(redis: Database, emulator: Emulator<OAuth2System>): Promise<Member> {
  const url = `redis://127.0.0.1:${String(redis.port)}`
  const client = createClient({ url, disableOfflineQueue: true, socket: { reconnectStrategy: () => 10 } })
  const subscriber = client.duplicate()
  for (const each of [client, subscriber]) {
    each.on('error', () => undefined)
    await each.connect()
  }
  const store = redisStore((args) => client.sendCommand(args), {
    subscribe: async (channel, changed) => {
      await subscriber.subscribe(channel, changed)
      return () => subscriber.unsubscribe(channel, changed)
    },
  })
  const { provider, grants } = emulator
  const tokens = createTokenManager({
    provider,
    grant: 'authorization_code',
    credentials: grants.authorization_code,
    account: 'ann',
    store,
    timing: { storeDeadline },
  })
  return {
    tokens,
    reconnected: () =>
      Promise.all([client, subscriber].map((each) => new Promise((resolve) => each.once('ready', resolve)))),
    close() {
      client.destroy()
      subscriber.destroy()
    },
  }
}

async function logIn({ tokens }: Member): Promise<void> {
  const { url } = await tokens.authorizationUrl()
  const back = await fetch(url, { redirect: 'manual' })
  await tokens.exchangeCallback(back.headers.get('location') ?? '')
}

function next<Name extends keyof TokenEvents>({ tokens }: Member, name: Name): Promise<TokenEvents[Name]> {
  return new Promise((resolve) => {
    tokens.on(name, resolve)
  })
}

// S37
describeWith(['redis-server'], 'Sessions over Redis', function () {
  this.timeout(60_000)
  realNetwork()
  let redis: Database
  let emulator: Emulator<OAuth2System>
  let [one, other]: Member[] = []
  const both = (): readonly [Member, Member] => {
    if (!one || !other) throw new Error('nobody has started')
    return [one, other]
  }
  before(async () => {
    redis = await startRedis()
  })
  after(() => redis.stop())
  beforeEach(async () => {
    emulator = await startEmulator(oauth2Emulator())
    emulator.switches.onReuse = 'revoke-family'
    one = await startMember(redis, emulator)
    other = await startMember(redis, emulator)
  })
  afterEach(async () => {
    for (const each of both()) {
      await each.tokens[Symbol.asyncDispose]()
      each.close()
    }
    await emulator.close()
  })
  const refreshes = (): number => emulator.counts.token - 1

  it('are renewed once for all members', async () => {
    const [one, other] = both()
    await logIn(one)
    let before = await one.tokens.token()
    expect((await other.tokens.token()).accessToken).to.equal(before.accessToken)
    for (const round of [1, 2, 3]) {
      const renewed = await Promise.all([one, other].map(({ tokens }) => tokens.renew(before)))
      expect(new Set(renewed.map(({ accessToken }) => accessToken)).size).to.equal(1)
      expect(refreshes()).to.equal(round)
      ;[before = before] = renewed
    }
  })

  it('end for all members at once, and start again for all', async () => {
    const [one, other] = both()
    await logIn(one)
    await other.tokens.token()
    const cleared = next(other, 'cleared')
    await one.tokens.clear()
    expect((await cleared).elsewhere).to.equal(true)
    expect(other.tokens.peek()).to.equal(undefined)
    const adopted = next(other, 'adopted')
    await logIn(one)
    expect((await adopted).elsewhere).to.equal(true)
    expect(other.tokens.peek()?.accessToken).to.equal(one.tokens.peek()?.accessToken)
  })

  // S18
  it('send no refresh token while Redis hangs, and serve a token that has not expired', async () => {
    const [one, other] = both()
    await logIn(one)
    const token = await other.tokens.token()
    redis.pause()
    try {
      expect((await one.tokens.token()).accessToken).to.equal(token.accessToken)
      const error = (await failureOf(other.tokens.renew(token))) as TokenRequestError
      expect(error).to.be.instanceOf(TokenRequestError)
      expect(error.reason).to.equal('store')
      expect(error.message).to.include(`did not answer within ${String(storeDeadline)} ms`)
      expect(refreshes()).to.equal(0)
    } finally {
      redis.resume()
    }
    other.tokens.retryNow()
    expect((await other.tokens.renew(token)).accessToken).to.not.equal(token.accessToken)
    expect(refreshes()).to.equal(1)
  })

  // S18
  it('send no refresh token while Redis is down, and report what failed', async () => {
    const [one] = both()
    await logIn(one)
    const token = await one.tokens.token()
    one.close()
    const told = next(one, 'store-failed')
    const error = (await failureOf(one.tokens.renew(token))) as TokenRequestError
    expect(error.reason).to.equal('store')
    expect(error.message).to.include('redisStore: GET: not connected')
    expect(await told).to.include({ operation: 'read', message: 'redisStore: GET: not connected' })
    expect(refreshes()).to.equal(0)
  })

  // S19
  it('survive a restart of Redis without its data', async () => {
    const [one, other] = both()
    await logIn(one)
    const first = await other.tokens.token()
    const second = await one.tokens.renew(first)
    expect((await other.tokens.renew(first)).accessToken).to.equal(second.accessToken)
    const reconnected = Promise.all(both().map((each) => each.reconnected()))
    await redis.restart()
    await reconnected
    const third = await one.tokens.renew(second)
    expect(third.accessToken).to.not.equal(second.accessToken)
    expect((await other.tokens.renew(second)).accessToken).to.equal(third.accessToken)
    expect(refreshes()).to.equal(2)
  })
})
