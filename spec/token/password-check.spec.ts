// A wrong password is never served the right one's session.
import { expect } from 'chai'
import { OAuthError, ReauthenticationRequiredError } from '../../lib/errors.ts'
import type { TokenStore } from '../../lib/stores/token-store.ts'
import type { TokenManager } from '../../lib/token/token-manager.ts'
import { createTokenPool, type TokenPool } from '../../lib/token/token-pool.ts'
import { failureOf } from '../support/failure.ts'
import { leakDetector } from '../support/leak-detector.ts'
import { type Members, membersOver, strict } from '../support/sessions.ts'
import { SharedMemory } from '../support/stores.ts'

const hour = 3_600_000

const accessToken = async (tokens: TokenManager): Promise<string> => (await tokens.token()).accessToken

interface Derivations {
  count: number
  atOnce: number
}

let derived: Derivations = { count: 0, atOnce: 0 }
let under = 0

/** How often WebCrypto derived a key while `act` ran, and the most at a time. */
async function derivations(act: () => Promise<unknown>): Promise<Derivations> {
  derived = { count: 0, atOnce: 0 }
  await act()
  return derived
}

/** A pool in which the password of each account is its name's. */
function poolOf({ server, clock }: Members, store: TokenStore, maxAccounts = 100): TokenPool {
  return createTokenPool({
    provider: strict,
    grant: 'password',
    credentials: (account) => ({
      clientId: 'the-client',
      clientSecret: 'client-secret-value',
      username: account,
      password: `${account}'s password`,
    }),
    transport: server.transport,
    clock,
    store,
    maxAccounts,
  })
}

const { subtle } = globalThis.crypto
const deriveBits = subtle.deriveBits.bind(subtle)

describe('A stored session of a password grant', () => {
  before(() => {
    Object.defineProperty(subtle, 'deriveBits', {
      configurable: true,
      value: async (...given: Parameters<SubtleCrypto['deriveBits']>) => {
        derived.count += 1
        under += 1
        derived.atOnce = Math.max(derived.atOnce, under)
        try {
          return await deriveBits(...given)
        } finally {
          under -= 1
        }
      },
    })
  })

  after(() => {
    Object.defineProperty(subtle, 'deriveBits', { configurable: true, value: deriveBits })
  })

  // S28
  it('is not served to a manager with a wrong password: its token request is rejected, and the session stays', async () => {
    const store = new SharedMemory()
    const members = membersOver(store)
    const { server } = members
    const right = members.password()
    await right.token()
    const before = store.text()
    leakDetector().learn('a wrong password')
    const wrong = members.password('a wrong password')
    const error = (await failureOf(wrong.token())) as ReauthenticationRequiredError
    expect(error).to.be.instanceOf(ReauthenticationRequiredError)
    expect(error.cause).to.be.instanceOf(OAuthError).that.includes({ error: 'invalid_grant' })
    expect(wrong.peek()).to.equal(undefined)
    expect(wrong.status).to.equal('ended')
    expect(server.requests.at(-1)?.get('password')).to.equal('a wrong password')
    expect(store.text()).to.equal(before)
    expect(await accessToken(right)).to.equal('AT-1')
    expect(right.status).to.equal('signed-in')
  })

  // S28
  it('is served to the right password in another process, with one key derivation and no token request', async () => {
    const store = new SharedMemory()
    const members = membersOver(store)
    await members.password().token()
    const another = members.password()
    const { count } = await derivations(async () => {
      const served = await Promise.all([accessToken(another), accessToken(another), accessToken(another)])
      expect(new Set(served)).to.deep.equal(new Set(['AT-1']))
      await accessToken(another)
    })
    expect(count).to.equal(1)
    expect(members.server.calls).to.equal(1)
  })

  it('is renewed without another derivation by a member whose password matched, also after a renewal by another member', async () => {
    const members = membersOver(new SharedMemory())
    const { clock } = members
    const [one, other] = [members.password(), members.password()]
    await one.token()
    await other.token()
    const { count } = await derivations(async () => {
      for (const tokens of [one, other, one]) {
        await clock.advance(hour)
        await tokens.token()
      }
      await other.token()
    })
    expect(count).to.equal(0)
  })

  it('is replaced when the server accepts another password: all members get the new login', async () => {
    const store = new SharedMemory()
    const members = membersOver(store)
    const { server, clock } = members
    const old = members.password()
    await old.token()
    const { lineage } = store.record() ?? {}
    server.passwords.set('ann', 'a newer password')
    leakDetector().learn('a newer password')
    const changed = members.password('a newer password')
    expect(await accessToken(changed)).to.equal('AT-2')
    expect(store.record()?.lineage).to.not.equal(lineage)
    expect(store.record()?.after).to.equal(lineage)
    expect(await accessToken(members.password('a newer password'))).to.equal('AT-2')
    await clock.advance(hour)
    expect(await accessToken(changed)).to.equal('AT-3')
    expect(server.replays).to.equal(0)
  })

  it('is checked once per wrong password, not once per call', async () => {
    const members = membersOver(new SharedMemory())
    await members.password().token()
    leakDetector().learn('a wrong password')
    const wrong = members.password('a wrong password')
    const { count } = await derivations(async () => {
      for (let n = 0; n < 5; n += 1) await failureOf(wrong.token())
    })
    expect(count).to.equal(1)
    expect(members.server.calls).to.equal(2)
  })

  it('has a salted verifier that does not reveal the password', async () => {
    const verifiers = await Promise.all(
      [1, 2].map(async () => {
        const store = new SharedMemory()
        await membersOver(store).password().token()
        expect(store.text()).to.not.contain("ann's password")
        return store.record()?.verifier
      }),
    )
    expect(verifiers[0]).to.include({ rounds: 100_000 })
    expect(verifiers[0]?.salt).to.not.equal(verifiers[1]?.salt)
    expect(verifiers[0]?.digest).to.not.equal(verifiers[1]?.digest)
  })

  it('ignores a verifier with an excessive number of rounds', async () => {
    const store = new SharedMemory()
    const members = membersOver(store)
    await members.password().token()
    const record = store.record()
    if (!record?.verifier) throw new Error('there is a verifier')
    store.put({ ...record, verifier: { ...record.verifier, rounds: 2 ** 40 } })
    const { count } = await derivations(async () => {
      expect(await accessToken(members.password())).to.equal('AT-2')
    })
    expect(count).to.equal(1)
  })

  it('is checked in a pool by at most two derivations at a time', async () => {
    const store = new SharedMemory()
    const members = membersOver(undefined)
    const accounts = Array.from({ length: 6 }, (_, n) => `account-${String(n)}`)
    const serve = (): Promise<unknown> => {
      const pool = poolOf(members, store)
      return Promise.all(accounts.map((account) => pool.for(account).token()))
    }
    for (const account of accounts) members.server.passwords.set(account, `${account}'s password`)
    for (const calls of [6, 6]) {
      const { count, atOnce } = await derivations(serve)
      expect(count).to.equal(6)
      expect(atOnce).to.equal(2)
      expect(members.server.calls).to.equal(calls)
    }
  })

  it('is not served without WebCrypto: a token request is sent', async () => {
    const store = new SharedMemory()
    const members = membersOver(store)
    await members.password().token()
    const { crypto } = globalThis
    Object.defineProperty(crypto, 'subtle', { configurable: true, value: undefined })
    try {
      expect(await accessToken(members.password())).to.equal('AT-2')
    } finally {
      Reflect.deleteProperty(crypto, 'subtle')
    }
  })

  it('needs no check without a shared store', async () => {
    const members = membersOver(undefined)
    const tokens = members.password()
    const { count } = await derivations(async () => {
      await tokens.token()
      await members.clock.advance(hour)
      await tokens.token()
    })
    expect(count).to.equal(0)
  })

  it('needs no second check after a pool has evicted the account', async () => {
    const members = membersOver(new SharedMemory())
    members.server.passwords.set('bob', "bob's password")
    const pool = poolOf(members, new SharedMemory(), 1)
    await pool.for('ann').token()
    await pool.for('bob').token()
    const { count } = await derivations(async () => {
      expect((await pool.for('ann').token()).accessToken).to.equal('AT-1')
      expect((await pool.for('bob').token()).accessToken).to.equal('AT-2')
    })
    expect(count).to.equal(0)
  })
})
