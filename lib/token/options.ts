// Options of a manager: types, defaults and checks.
import type { Credential, Credentials, GrantName } from '../definitions/credentials.ts'
import type { ProviderDefinition } from '../definitions/definition.ts'
import { validateDefinition } from '../definitions/validate-definition.ts'
import { invalidOption } from '../errors.ts'
import type { TokenStore } from '../stores/token-store.ts'
import type { Values } from '../token-endpoint/build-request.ts'
import { checkCredentials } from '../token-endpoint/check-credentials.ts'
import type { TokenTransport } from '../token-endpoint/transport.ts'
import {
  callable,
  type Check,
  checkAll,
  checkOne,
  type Checks,
  count,
  flag,
  object,
  urls,
} from '../util/check-options.ts'
import { type Clock, systemClock } from '../util/clock.ts'
import { defined, isObject } from '../util/objects.ts'
import { parseResources } from '../util/url.ts'
import { DEFAULT_TIMING, type Timing } from './schedule.ts'

/** A question the authorization server asked in place of giving a token, a second factor say. */
export interface Prompt {
  /** The grant that answers it, e.g. `mfa`. */
  readonly grant: string
  readonly provider: string
  readonly account?: string
}

/** Options of every manager, whatever its provider. */
export interface CommonOptions {
  /** Space-separated scopes to ask for. @default the provider's */
  readonly scope?: string
  /** Whose tokens: part of the key in the store. */
  readonly account?: string
  /** URLs whose origin and path prefix may receive the token. @default the provider's API */
  readonly resources?: readonly (string | URL)[]
  /** Where tokens are kept. @default a store in memory */
  readonly store?: TokenStore
  /** How token requests travel. @default `fetch`, or a private axios instance under `attachBearer` */
  readonly transport?: TokenTransport
  /** Asked once, for all who wait, when the server asks; gives the missing credentials, e.g. `{ passcode }`. */
  readonly onPrompt?: (prompt: Prompt) => Values | Promise<Values>
  /** What to do when the answer to a refresh was lost and the token may be spent. @default 'retry' */
  readonly onAmbiguousRefresh?: 'retry' | 'never'
  /** The constants of the engine, in milliseconds. */
  readonly timing?: Partial<Timing>
  /** How many callers may wait at once; one more gets a `TokenRequestError` whose reason is `overload`. @default 100_000 */
  readonly maxWaiters?: number
  /** Lets tokens and credentials travel over http to hosts that are not loopback. @default false */
  readonly dangerouslyAllowInsecureHttp?: boolean
  /** Time and chance, for tests. @default the system's */
  readonly clock?: Clock
}

type IsOne<T, U = T> = T extends unknown ? ([U] extends [T] ? true : false) : never

/** The options of a manager; credentials are typed by the provider and the grant. */
export type TokenManagerOptions<D extends ProviderDefinition, G extends GrantName<D>> = CommonOptions & {
  /** Whose tokens they are: a preset, or what `oauth2` or `defineProvider` has made. */
  readonly provider: D
  /** What the grant needs, by name: text, or functions that are called for each attempt. */
  readonly credentials: Credentials<D, G>
} & GrantOption<D, G>

/** Which grant; it may be left out where the provider has one. */
export type GrantOption<D extends ProviderDefinition, G> =
  IsOne<GrantName<D>> extends true ? { readonly grant?: G } : { readonly grant: G }

/** The options as the manager works with them. */
export interface Settings {
  readonly provider: ProviderDefinition
  readonly grant: string
  readonly values: Values
  readonly account: string | undefined
  readonly resources: readonly (string | URL)[] | undefined
  readonly store: TokenStore | undefined
  readonly transport: TokenTransport | undefined
  readonly onPrompt: CommonOptions['onPrompt']
  readonly onAmbiguousRefresh: 'retry' | 'never'
  readonly timing: Timing
  readonly maxWaiters: number
  readonly dangerouslyAllowInsecureHttp: boolean
  readonly clock: Clock
}

type Loose = CommonOptions & {
  readonly provider: ProviderDefinition
  readonly grant?: string
  readonly credentials: Readonly<Record<string, Credential | undefined>>
}

const text: Check = ['text', (value) => typeof value === 'string' && value !== '']
const duration: Check = ['milliseconds, 0 or more', (value) => Number.isFinite(value) && Number(value) >= 0]
const having = (expected: string, ...methods: string[]): Check => [
  `${expected} with ${methods.join(', ')}`,
  (value) => isObject(value) && methods.every((name) => typeof value[name] === 'function'),
]

/** The options of managers and pools alike. */
const CHECKS: Checks = {
  provider: object,
  grant: text,
  credentials: object,
  scope: text,
  resources: urls,
  store: having('a token store', 'read', 'write', 'remove'),
  transport: callable,
  onPrompt: callable,
  onAmbiguousRefresh: ["'retry' or 'never'", (value) => value === 'retry' || value === 'never'],
  timing: object,
  maxWaiters: count,
  dangerouslyAllowInsecureHttp: flag,
  clock: having('a clock', 'now', 'random', 'after'),
}

/** Checks all that can be known of options without the credentials; `own`: what a pool takes otherwise than a manager. */
export function checkOptions(
  given: unknown,
  own: Checks = { account: text },
): { provider: ProviderDefinition; grant: string; insecure: boolean } {
  checkAll(given, { ...CHECKS, ...own })
  const options = given as Loose
  const { provider, resources = [], dangerouslyAllowInsecureHttp: insecure = false } = options
  if (!(provider as unknown)) throw invalidOption('provider', 'a provider definition', provider)
  validateDefinition(provider, insecure)
  parseResources(resources, insecure)
  return { provider, grant: grantOf(provider, options.grant), insecure }
}

/** Checks the options and fills in the defaults; throws a `TypeError` that names what is wrong. */
export function readOptions(given: unknown, { provider, grant, insecure } = checkOptions(given)): Settings {
  const options = given as Loose
  const { credentials } = options
  checkOne('credentials', credentials, object)
  checkCredentials(provider, grant, credentials)
  return {
    provider,
    grant,
    values: { ...credentials, scope: options.scope },
    account: options.account,
    resources: options.resources,
    store: options.store,
    transport: options.transport,
    onPrompt: options.onPrompt,
    onAmbiguousRefresh: options.onAmbiguousRefresh ?? 'retry',
    timing: timingOf(options.timing ?? {}),
    maxWaiters: options.maxWaiters ?? 100_000,
    dangerouslyAllowInsecureHttp: insecure,
    clock: options.clock ?? systemClock,
  }
}

function grantOf(provider: ProviderDefinition, grant: string | undefined): string {
  const grants = Object.keys(provider.grants)
  const chosen = grant ?? (grants.length === 1 ? grants[0] : undefined)
  if (chosen === undefined || !grants.includes(chosen)) {
    throw invalidOption('grant', `one of ${grants.join(', ')}`, grant)
  }
  return chosen
}

// Of each pair the first is a limit to the second.
const LIMITS = [
  ['backoffCap', 'backoffBase'],
  ['configurationPauseMax', 'configurationPauseMin'],
] as const

function timingOf(given: Partial<Timing>): Timing {
  checkAll(given, Object.fromEntries(Object.keys(DEFAULT_TIMING).map((name) => [name, duration])), 'timing.')
  const timing = { ...DEFAULT_TIMING, ...defined(given) }
  // Without time for a flight no token ever comes; windows and pauses may be none.
  checkOne('timing.flightDeadline', timing.flightDeadline, ['more than 0', Boolean])
  for (const [most, least] of LIMITS)
    checkOne(`timing.${most}`, timing[most], [`no less than ${least}`, () => timing[most] >= timing[least]])
  return timing
}
