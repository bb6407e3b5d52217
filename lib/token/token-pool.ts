// Managers of many accounts: one queue over all of them, and a limit on how many are kept.
// Projects with an older standard library need this for `AsyncDisposable`.
/// <reference lib="esnext.disposable" preserve="true" />
import type { Credentials, DefaultGrant, GrantChoice } from '../definitions/credentials.ts'
import type { ProviderDefinition } from '../definitions/definition.ts'
import { invalidOption } from '../errors.ts'
import { isObject } from '../util/objects.ts'
import { callable, type Check, checkOne, count } from '../util/check-options.ts'
import { Listeners, type TokenEvents } from './events.ts'
import {
  checkOptions,
  type CommonOptions,
  type EngineOptions,
  type FunctionManagerOptions,
  type GrantOption,
  scopeText,
} from './options.ts'
import type { Matched } from './password-check.ts'
import { RenewalQueue } from './renewal-queue.ts'
import type { Session } from './session.ts'
import type { TokenGrant } from './token-grant.ts'
import { type ApplicationTokenManager, Manager, newSession, type TokenManager } from './token-manager.ts'

/** Options of a pool: those of a manager, with credentials by account. */
export type TokenPoolOptions<D extends ProviderDefinition, G extends GrantChoice<D>> = Omit<
  CommonOptions,
  'account'
> & {
  /** The authorization server: a preset, or a definition made by `oauth2`, `discover` or `defineProvider`. */
  readonly provider: D
  /** Gives the credentials that the grant needs for an account. */
  readonly credentials: (account: string) => Credentials<D, G>
  /** The number of managers that are kept. Only those whose session is in the store, or can be obtained again, are dropped. @default 10_000 */
  readonly maxAccounts?: number
  /** The number of concurrent renewals; those with a waiting caller go first. @default 16 */
  readonly concurrency?: number
} & GrantOption<D, G>

/** Options of a pool whose tokens come from a function of the application, which is called with the account. */
export type FunctionPoolOptions = Omit<FunctionManagerOptions, 'account'> &
  Pick<TokenPoolOptions<ProviderDefinition, string>, 'maxAccounts' | 'concurrency'>

/** The managers of many accounts. */
export interface TokenPool<M extends ApplicationTokenManager = TokenManager> extends AsyncDisposable {
  /**
   * The manager of an account, the same one at each call; another one for a `scope` of its own.
   * @throws `TypeError` for an account that is no text, and for invalid credentials
   */
  for(account: string, options?: Pick<CommonOptions, 'scope'>): M
  /** The number of managers that are kept. */
  readonly size: number
  /**
   * Calls `listener` at each event of this name, or of any with `*`, of every manager of the pool; gives the function that removes it.
   * @throws `TypeError` for a name that is no event
   */
  on<Name extends keyof TokenEvents>(name: Name, listener: (event: TokenEvents[Name]) => void): () => void
  /** Waits for the running renewals and for the writes to the store, of every manager. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Makes a pool: a manager for each of many accounts, with a common limit on concurrent token requests.
 * @throws `TypeError` for an invalid option: names it, the expected and the given value
 */
export function createTokenPool(options: FunctionPoolOptions): TokenPool<ApplicationTokenManager>
export function createTokenPool<const D extends ProviderDefinition, const G extends GrantChoice<D> = DefaultGrant<D>>(
  options: TokenPoolOptions<D, G>,
): TokenPool
export function createTokenPool(options: object): TokenPool {
  const perAccount: Check = ['a function of the account', callable[1]]
  const isFunction = isObject(options) && 'getToken' in options
  const own = { ...(!isFunction && { credentials: perAccount }), maxAccounts: count, concurrency: count }
  const { engine, grantOf } = checkOptions(options, undefined, own)
  const { credentials, scope, maxAccounts = 10_000, concurrency = 16 } = options as PoolOptions
  if (!isFunction) checkOne('credentials', credentials, perAccount)
  return new Pool({
    grantOf: (account, own) =>
      grantOf({ account, scope: own ?? scopeText(scope), credentials: credentials?.(account) }),
    engine,
    maxAccounts,
    concurrency,
  })
}

type PoolOptions = CommonOptions & {
  readonly credentials?: (account: string) => unknown
  readonly maxAccounts?: number
  readonly concurrency?: number
}

interface PoolContext {
  /** The grant of an account, with the pool's scope unless it has one of its own. */
  readonly grantOf: (account: string, scope: string | undefined) => TokenGrant
  readonly engine: Omit<EngineOptions, 'account'>
  readonly maxAccounts: number
  readonly concurrency: number
}

class Pool implements TokenPool {
  readonly #context: PoolContext
  readonly #queue: RenewalQueue
  readonly #listeners = new Listeners()
  /** The least recently used first. */
  readonly #kept = new Map<string, Manager>()
  /** An evicted manager may still be in use: two of one account would contend for its session. */
  readonly #known = new Map<string, WeakRef<Manager>>()
  readonly #sessions = new Map<string, WeakRef<Session>>()
  /** Passwords that were found right, across evictions. */
  readonly #matched = new Map<string, Matched>()
  /** Undefined in older versions of Hermes: keys of forgotten managers stay. */
  readonly #forgotten =
    typeof FinalizationRegistry === 'function'
      ? new FinalizationRegistry<() => void>((sweep) => {
          sweep()
        })
      : undefined

  constructor(context: PoolContext) {
    this.#context = context
    this.#queue = new RenewalQueue(context.concurrency)
  }

  get size(): number {
    return this.#kept.size
  }

  for(account: string, options: Pick<CommonOptions, 'scope'> = {}): TokenManager {
    if (typeof (account as unknown) !== 'string' || account === '') throw invalidOption('account', 'text', account)
    const scope = scopeText(options.scope)
    const key = keyOf(account, scope)
    const manager = this.#kept.get(key) ?? this.#known.get(key)?.deref() ?? this.#add(key, account, scope)
    this.#kept.delete(key)
    this.#kept.set(key, manager)
    if (this.#kept.size > this.#context.maxAccounts) this.#evict(manager)
    return manager
  }

  on<Name extends keyof TokenEvents>(name: Name, listener: (event: TokenEvents[Name]) => void): () => void {
    return this.#listeners.on(name, listener)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#kept.values()].map((manager) => manager[Symbol.asyncDispose]()))
  }

  #add(key: string, account: string, scope: string | undefined): Manager {
    const { engine, grantOf } = this.#context
    const grant = grantOf(account, scope)
    const session =
      this.#sessions.get(account)?.deref() ?? this.#remember(this.#sessions, account, newSession(engine, grant))
    const own = { listeners: this.#listeners, matched: this.#matchedOf(account, grant) }
    const manager = new Manager({ ...engine, account }, grant, session, this.#queue, own)
    return this.#remember(this.#known, key, manager)
  }

  #matchedOf(account: string, grant: TokenGrant): Matched | undefined {
    if (!this.#context.engine.store || grant.proof() === undefined) return undefined
    const matched = this.#matched.get(account) ?? { proof: undefined }
    this.#matched.set(account, matched)
    return matched
  }

  #remember<T extends object>(known: Map<string, WeakRef<T>>, key: string, value: T): T {
    known.set(key, new WeakRef(value))
    this.#forgotten?.register(value, () => {
      if (!known.get(key)?.deref()) known.delete(key)
    })
    return value
  }

  /** Lets go of those not used for longest, but of none that is busy or would take an unsaved token with it. */
  #evict(wanted: Manager): void {
    for (const [key, manager] of this.#kept) {
      if (this.#kept.size <= this.#context.maxAccounts) return
      if (manager !== wanted && manager.canEvict()) this.#kept.delete(key)
    }
  }
}

/** No two have the same: an account stands for itself, unless it could be taken for the JSON of others. */
function keyOf(account: string, scope: string | undefined): string {
  return scope === undefined && !account.startsWith('[') ? account : JSON.stringify([account, scope])
}
