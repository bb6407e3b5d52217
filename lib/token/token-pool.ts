// Managers of many accounts: one queue over all of them, and a limit on how many are kept.
// A project whose own libraries are older knows these names by this.
/// <reference lib="esnext.disposable" preserve="true" />
import type { Credentials, GrantName } from '../definitions/credentials.ts'
import type { ProviderDefinition } from '../definitions/definition.ts'
import { invalidOption } from '../errors.ts'
import { fetchTransport } from '../token-endpoint/fetch-transport.ts'
import { callable, type Check, checkOne, count } from '../util/check-options.ts'
import type { SharedRefreshToken } from './acquire.ts'
import { checkOptions, type CommonOptions, type GrantOption, readOptions } from './options.ts'
import { RenewalQueue } from './renewal-queue.ts'
import { Manager, type TokenManager } from './token-manager.ts'

/** The options of a pool: those of a manager, with credentials that follow from the account. */
export type TokenPoolOptions<D extends ProviderDefinition, G extends GrantName<D>> = Omit<CommonOptions, 'account'> & {
  readonly provider: D
  /** What the grant needs for this account. */
  readonly credentials: (account: string) => Credentials<D, G>
  /** How many idle accounts are kept. Of the others nothing is lost that is not in the store or can be had again. @default 10_000 */
  readonly maxAccounts?: number
  /** How many token requests may be under way at once; those that somebody waits for go first. @default 16 */
  readonly concurrency?: number
} & GrantOption<D, G>

/** The managers of many accounts. */
export interface TokenPool extends AsyncDisposable {
  /** The manager of this account, the same one for as long as anybody holds it; with a scope of its own, one more. */
  for(account: string, options?: { readonly scope?: string }): TokenManager
  /** How many managers are kept. */
  readonly size: number
  /** Disposes of every manager that is kept. */
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Makes a pool: tokens of many accounts that never mix, and token requests that share one bound.
 *
 * Throws a `TypeError` that names a wrong option; `for()` does for wrong credentials.
 */
export function createTokenPool<const D extends ProviderDefinition, const G extends GrantName<D> = GrantName<D>>(
  options: TokenPoolOptions<D, G>,
): TokenPool {
  const perAccount: Check = ['a function of the account', callable[1]]
  const checked = checkOptions(options, { credentials: perAccount, maxAccounts: count, concurrency: count })
  const { credentials, maxAccounts = 10_000, concurrency = 16, transport = fetchTransport(), ...common } = options
  checkOne('credentials', credentials, perAccount)
  return new Pool(
    (account, queue, family, scope) =>
      new Manager(
        readOptions({ ...common, ...scope, account, credentials: credentials(account) }, checked),
        transport,
        queue,
        family,
      ),
    maxAccounts,
    concurrency,
  )
}

type Make = (account: string, queue: RenewalQueue, family: SharedRefreshToken, scope: object) => Manager

class Pool implements TokenPool {
  readonly #make: Make
  readonly #maxAccounts: number
  readonly #queue: RenewalQueue
  /** The least recently used first. */
  readonly #kept = new Map<string, Manager>()
  /** Somebody may hold an evicted one still: two managers of one account would spend the same refresh token. */
  readonly #known = new Map<string, WeakRef<Manager>>()
  readonly #families = new Map<string, WeakRef<SharedRefreshToken>>()
  readonly #forgotten = new FinalizationRegistry<() => void>((sweep) => {
    sweep()
  })

  constructor(make: Make, maxAccounts: number, concurrency: number) {
    this.#make = make
    this.#maxAccounts = maxAccounts
    this.#queue = new RenewalQueue(concurrency)
  }

  get size(): number {
    return this.#kept.size
  }

  for(account: string, { scope }: { readonly scope?: string } = {}): TokenManager {
    if (typeof (account as unknown) !== 'string' || account === '') throw invalidOption('account', 'text', account)
    const key = keyOf(account, scope)
    const manager = this.#kept.get(key) ?? this.#known.get(key)?.deref() ?? this.#add(key, account, scope)
    this.#kept.delete(key)
    this.#kept.set(key, manager)
    if (this.#kept.size > this.#maxAccounts) this.#evict(manager)
    return manager
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#kept.values()].map((manager) => manager[Symbol.asyncDispose]()))
  }

  #add(key: string, account: string, scope: string | undefined): Manager {
    const family = this.#families.get(account)?.deref() ?? this.#remember(this.#families, account, {})
    return this.#remember(
      this.#known,
      key,
      this.#make(account, this.#queue, family, scope === undefined ? {} : { scope }),
    )
  }

  #remember<T extends object>(known: Map<string, WeakRef<T>>, key: string, value: T): T {
    known.set(key, new WeakRef(value))
    this.#forgotten.register(value, () => {
      if (!known.get(key)?.deref()) known.delete(key)
    })
    return value
  }

  /** Lets go of those not used for longest, but of none that is busy or would take an unsaved token with it. */
  #evict(wanted: Manager): void {
    for (const [key, manager] of this.#kept) {
      if (this.#kept.size <= this.#maxAccounts) return
      if (manager !== wanted && manager.canEvict()) this.#kept.delete(key)
    }
  }
}

/** No two have the same: an account stands for itself, unless it could be taken for the JSON of others. */
function keyOf(account: string, scope: string | undefined): string {
  return scope === undefined && !account.startsWith('[') ? account : JSON.stringify([account, scope])
}
