// A logout, a revocation, a login and the end of a session, as another member of it learns of them over a real store.
import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { ReauthenticationRequiredError } from '../../lib/errors.ts'
import type { TokenStore } from '../../lib/stores/token-store.ts'
import type { Token } from '../../lib/token/token.ts'
import type { TokenEvents } from '../../lib/token/events.ts'
import type { TokenManager } from '../../lib/token/token-manager.ts'
import { omit } from '../../lib/util/objects.ts'
import { failureOf } from '../support/failure.ts'
import { refusal } from '../support/fake-endpoint.ts'
import { type Members, membersOver } from '../support/sessions.ts'

/** Two members of one session, each with a handle of the store: the event is the other's. */
interface Pair {
  readonly members: Members
  readonly one: TokenManager
  readonly other: TokenManager
  readonly token: Token
}

interface Case {
  readonly event: 'cleared' | 'adopted' | 'reauthentication-required'
  readonly act: (pair: Pair) => Promise<unknown>
  /** The access token that the other member has afterwards. */
  readonly next?: string
}

// S22, S24, S25
const CASES: Readonly<Record<string, Case>> = {
  'a logout': { event: 'cleared', act: ({ one }) => one.clear() },
  'a revocation': { event: 'cleared', act: ({ one }) => one.revoke() },
  'a login': { event: 'adopted', act: ({ members, one }) => members.exchange(one), next: 'AT-2' },
  'the end of the session': {
    event: 'reauthentication-required',
    act({ members, one, token }) {
      members.server.next(refusal('invalid_grant'))
      return failureOf(one.renew(token))
    },
  },
}

/** Holds a store to tell every member of a session what another has done: at once where it has `watch`, else at the next read. */
export function itTellsEveryMember(open: () => TokenStore | Promise<TokenStore>): void {
  for (const [what, { event, act, next }] of Object.entries(CASES)) {
    it(`notifies every member of ${what} at once`, async () => {
      await using pair = await start(await open(), watched(await open()))
      const { other } = pair
      const told = heard(other, event)
      await act(pair)
      expect(await told).to.include({ elsewhere: true })
      // The living token of a session that has ended is served until its own end.
      if (event !== 'reauthentication-required') expect(other.peek()?.accessToken).to.equal(next)
    })

    it(`notifies every member of ${what} at its next read, without a watch`, async () => {
      await using pair = await start(await open(), withoutWatch(await open()))
      const { members, other, token } = pair
      await act(pair)
      expect(other.peek()?.accessToken).to.equal('AT-1')
      const { calls } = members.server
      const told = heard(other, event)
      if (next === undefined)
        expect(await failureOf(other.renew(token))).to.be.instanceOf(ReauthenticationRequiredError)
      else expect((await other.renew(token)).accessToken).to.equal(next)
      expect(await told).to.include({ elsewhere: true })
      expect(members.server.calls).to.equal(calls)
    })
  }
}

/** A handle whose watch is known to have begun; see {@link start}. */
interface Watched extends TokenStore {
  /** Resolves when a change of the key was noticed. */
  readonly begun?: () => Promise<void>
}

function watched(store: TokenStore): Watched {
  let [key, changes] = ['', 0]
  return {
    ...store,
    watch(given, changed) {
      key = given
      const stop = store.watch?.(given, () => {
        changes += 1
        changed()
      })
      return stop ?? (() => undefined)
    },
    async begun() {
      while (changes === 0) {
        // The same text again changes no session.
        const text = (await store.read(key)) ?? ''
        await store.swap(key, text, text)
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
    },
  }
}

function withoutWatch(store: TokenStore): Watched {
  expect(store).to.have.property('watch')
  return omit(store, 'watch')
}

async function start(first: TokenStore, second: Watched): Promise<Pair & AsyncDisposable> {
  const members = membersOver(undefined, { account: randomUUID() })
  const [one, other] = [members.consented({ store: first }), members.consented({ store: second })]
  await members.exchange(one)
  const token = await other.token()
  await second.begun?.()
  return {
    ...{ members, one, other, token },
    async [Symbol.asyncDispose]() {
      for (const each of [one, other]) await each[Symbol.asyncDispose]()
    },
  }
}

function heard(tokens: TokenManager, name: Case['event']): Promise<TokenEvents[Case['event']]> {
  return new Promise((resolve) => {
    tokens.on(name, resolve)
  })
}
