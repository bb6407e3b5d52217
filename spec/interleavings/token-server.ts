// A token endpoint on the stage: it answers when the scheduler says so and as the fates will, knows what it has issued to whom, and
// sees to it that no refresh token is in two requests at once.
import type { TokenTransport, WireResult } from '../../lib/token-endpoint/transport.ts'
import { answer, refusal } from '../support/fake-endpoint.ts'
import type { Stage } from './scheduler.ts'

/** Seconds that its tokens live. */
export const LIFETIME = 100

/** A request under way. */
export interface Asked {
  readonly account: string
  readonly scope: string
  readonly refreshToken: string | undefined
  /** `clear()` came after it was sent: what it brings home belongs to nobody. */
  abandoned: boolean
}

interface Issued {
  readonly account: string
  readonly expiresAt: number
  readonly dropped: boolean
}

type Fate = 'token' | 'unavailable' | 'denied' | 'lost' | 'page'

export interface DeskOptions {
  readonly fates: readonly [Fate, ...Fate[]]
  /** Processes that share no lock may spend a refresh token twice, and are refused then. */
  readonly forgiving?: boolean
  /** A refresh token that lives is to be used: whoever comes with a password instead has lost it. */
  readonly keeping?: boolean
}

export class Desk {
  readonly underWay = new Set<Asked>()
  readonly issued = new Map<string, Issued>()
  /** The refresh token that an account was given last, until it is spent, refused or let go. */
  readonly alive = new Map<string, string>()
  readonly #stage: Stage
  readonly #options: DeskOptions
  /** Whose flights that were let go may yet come for a token. */
  readonly #cleared = new Set<string>()
  readonly #spent = new Set<string>()
  #count = 0

  constructor(stage: Stage, options: DeskOptions) {
    this.#stage = stage
    this.#options = options
  }

  readonly transport: TokenTransport = async (conversation) => {
    for (;;) {
      const { body } = await conversation.prepare()
      const asked = this.#receive(new URLSearchParams(body))
      const aborted = new Promise<WireResult>((resolve) => {
        conversation.signal.addEventListener('abort', () => {
          this.underWay.delete(asked)
          resolve({ failure: 'lost' })
        })
      })
      const result = await Promise.race([aborted, this.#stage.later('the token endpoint', () => this.#reply(asked))])
      if (!(await conversation.again(result))) return result
    }
  }

  /** What is under way for the account is for nobody. */
  abandon(account: string): void {
    for (const asked of this.underWay) if (asked.account === account) asked.abandoned = true
    this.#cleared.add(account)
  }

  #receive(params: URLSearchParams): Asked {
    const refreshToken = params.get('refresh_token') ?? undefined
    const account = params.get('username') ?? refreshToken?.split('.')[1] ?? ''
    const asked = { account, scope: params.get('scope') ?? '', refreshToken, abandoned: false }
    if (this.#options.forgiving !== true && refreshToken !== undefined) {
      if (this.#spent.has(refreshToken)) this.#stage.broken('a spent refresh token was presented again')
      for (const other of this.underWay)
        if (other.refreshToken === refreshToken) this.#stage.broken('a refresh token was in two requests at once')
    }
    if (
      this.#options.keeping === true &&
      refreshToken === undefined &&
      this.alive.has(account) &&
      !this.#cleared.has(account)
    )
      this.#stage.broken(`the refresh token of ${account} was lost`)
    this.underWay.add(asked)
    return asked
  }

  #reply(asked: Asked): WireResult {
    const { account, refreshToken } = asked
    if (!this.underWay.delete(asked)) return { failure: 'lost' }
    if (refreshToken !== undefined && this.#spent.has(refreshToken)) return refusal('invalid_grant')
    const fate = this.#stage.fate(this.#options.fates)
    if (fate === 'lost') return { failure: 'lost' }
    if (fate === 'unavailable') return answer(503, '')
    if (fate === 'page') return answer(200, '<html>')
    if (refreshToken !== undefined) this.#spent.add(refreshToken)
    if (fate === 'denied') {
      if (this.alive.get(account) === refreshToken) this.alive.delete(account)
      return refusal('invalid_grant')
    }
    return this.#issue(asked)
  }

  #issue({ account, abandoned }: Asked): WireResult {
    this.#count += 1
    const serial = `${account}.${String(this.#count)}`
    const expiresAt = this.#stage.clock.now() + LIFETIME * 1_000
    this.issued.set(`AT.${serial}`, { account, expiresAt, dropped: abandoned })
    if (!abandoned) this.alive.set(account, `RT.${serial}`)
    return answer(200, { access_token: `AT.${serial}`, refresh_token: `RT.${serial}`, expires_in: LIFETIME })
  }
}
