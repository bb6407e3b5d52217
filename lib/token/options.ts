// Options of a manager: types, defaults and checks.
import type { Credentials, DefaultGrant, GrantChoice } from '../definitions/credentials.ts'
import type { ProviderDefinition } from '../definitions/definition.ts'
import { invalidOption } from '../errors.ts'
import type { Seal, TokenStore } from '../stores/token-store.ts'
import type { TokenTransport } from '../token-endpoint/transport.ts'
import {
  callable,
  type Check,
  checkAll,
  checkOne,
  type Checks,
  count,
  duration,
  flag,
  object,
  urls,
  word,
} from '../util/check-options.ts'
import { type Clock, systemClock } from '../util/clock.ts'
import { defined, isObject } from '../util/objects.ts'
import { parseResources } from '../util/url.ts'
import { FunctionGrant, type GetToken } from './function-grant.ts'
import { DEFAULT_TIMING, type Timing } from './schedule.ts'
import {
  type AccountOptions,
  GRANT,
  type GrantInterpreter,
  type TokenGrant,
  type TokenRequestsVia,
  type Values,
} from './token-grant.ts'

/** A request of the authorization server for more input in place of a token, e.g. a second factor. */
export interface Prompt {
  /** The grant that answers it, e.g. `mfa`. */
  readonly grant: string
  /** The id of the provider. */
  readonly provider: string
  /** The account of the manager, where it has one. */
  readonly account?: string
}

/** Options of every manager. */
export interface CommonOptions {
  /** The scopes to ask for, a list or space-separated; sent as the provider separates them. @default the provider's */
  readonly scope?: string | readonly string[]
  /**
   * The name of the person or tenant that the tokens belong to: part of the key in the store. Required with a store, except for grants of
   * the client itself.
   */
  readonly account?: string
  /** URLs whose origin and path prefix may receive the token. @default the provider's API, or else the `baseURL` of an axios instance */
  readonly resources?: readonly (string | URL)[]
  /** Keeps the session; managers with the same store and account share one. @default a store in memory */
  readonly store?: TokenStore
  /** Encrypts the records in the store. @default records are not encrypted */
  readonly seal?: Seal
  /** Sends token requests. @default `fetchTransport()`, or `axiosTransport()` under `attachBearer` */
  readonly transport?: TokenTransport
  /**
   * Gives the missing credentials when the server asks for more, e.g. `{ passcode }`; called once for all callers that wait.
   * @default callers are rejected with `PromptRequiredError`
   */
  readonly onPrompt?: (prompt: Prompt) => Values | Promise<Values>
  /** After a refresh whose answer was lost: present the refresh token again (`'retry'`), or count it as spent (`'never'`). @default 'retry' */
  readonly onAmbiguousRefresh?: 'retry' | 'never'
  /** Windows, pauses and deadlines, in milliseconds. @default see {@link Timing} */
  readonly timing?: Partial<Timing>
  /** The number of callers that may wait at once; further ones are rejected with `TokenRequestError` (`overload`). @default 100_000 */
  readonly maxWaiters?: number
  /** Lets tokens and credentials travel over http to hosts that are not loopback. @default false */
  readonly dangerouslyAllowInsecureHttp?: boolean
  /** Time and random numbers, for tests. @default those of the system */
  readonly clock?: Clock
}

type IsOne<T, U = T> = T extends unknown ? ([U] extends [T] ? true : false) : never

/** Options of a manager with a provider; the types of the credentials follow from provider and grant. */
export type TokenManagerOptions<D extends ProviderDefinition, G extends GrantChoice<D>> = CommonOptions & {
  /** The authorization server: a preset, or a definition made by `oauth2`, `discover` or `defineProvider`. */
  readonly provider: D
  /** The credentials that the grant needs, by name: text, or functions that are called for each attempt. */
  readonly credentials: Credentials<D, G>
} & GrantOption<D, G>

/** Options of a manager whose tokens come from a function of the application. */
export type FunctionManagerOptions = Omit<CommonOptions, 'transport' | 'onPrompt' | 'onAmbiguousRefresh'> & {
  /** Logs in, refreshes or asks an SDK for a token. */
  readonly getToken: GetToken
  /** Whether a rejection of `getToken` ends the session. @default status 401 and `invalid_grant` do; 400 and 403 do at the third in a row */
  readonly isSessionOver?: (error: unknown) => boolean
  /** The name of the provider in errors, events and the key in the store. Required with a store. @default 'getToken' */
  readonly name?: string
}

/** The option `grant`; it may be left out where the provider has only one. */
export type GrantOption<D extends ProviderDefinition, G> =
  IsOne<DefaultGrant<D>> extends true ? { readonly grant?: G } : { readonly grant: G }

/** The options as the engine works with them. */
export interface EngineOptions {
  readonly account: string | undefined
  readonly store: TokenStore | undefined
  readonly seal: Seal | undefined
  readonly onPrompt: CommonOptions['onPrompt']
  readonly onAmbiguousRefresh: 'retry' | 'never'
  readonly timing: Timing
  readonly maxWaiters: number
  readonly clock: Clock
}

type Loose = CommonOptions & {
  readonly provider?: { readonly [GRANT]?: GrantInterpreter }
  readonly grant?: string
  readonly credentials?: unknown
  readonly getToken?: GetToken
  readonly isSessionOver?: (error: unknown) => boolean
  readonly name?: string
}

const text: Check = ['text', (value) => typeof value === 'string' && value !== '']
const scopes: Check = [
  'text, or a list of texts',
  (value) => (Array.isArray(value) ? value.length > 0 && value.every((each) => text[1](each)) : text[1](value)),
]
const having = (expected: string, ...methods: string[]): Check => [
  `${expected} with ${methods.join(', ')}`,
  (value) => isObject(value) && methods.every((name) => typeof value[name] === 'function'),
]

/** The options of managers and pools alike. */
const SHARED: Checks = {
  scope: scopes,
  resources: urls,
  store: having(
    'a token store (exclusiveStore() makes one of storage without an atomic swap, for one process alone)',
    'read',
    'swap',
  ),
  seal: having('a seal', 'seal', 'open'),
  timing: object,
  maxWaiters: count,
  dangerouslyAllowInsecureHttp: flag,
  clock: having('a clock', 'now', 'monotonic', 'random', 'after'),
}

/** Those beside a provider. */
const WITH_PROVIDER: Checks = {
  provider: object,
  grant: text,
  credentials: object,
  transport: callable,
  onPrompt: callable,
  onAmbiguousRefresh: word('retry', 'never'),
}

/** Those beside a function. */
const WITH_FUNCTION: Checks = { getToken: callable, isSessionOver: callable, name: text }

/** The option `scope` as one text. */
export function scopeText(scope: CommonOptions['scope']): string | undefined {
  return typeof scope === 'object' ? scope.join(' ') : scope
}

/** Options that have been checked, and the grant of each account. */
export interface CheckedOptions {
  readonly engine: Omit<EngineOptions, 'account'>
  readonly grantOf: (own: AccountOptions) => TokenGrant
}

/**
 * Checks the options that all accounts share and fills in the defaults; throws a `TypeError` that names a wrong one. `own`: the checks
 * of a pool, where it differs. `via`: how token requests travel unless the options name a transport.
 */
export function checkOptions(
  given: unknown,
  via: TokenRequestsVia = {},
  own: Checks = { account: text },
): CheckedOptions {
  const options = given as Loose
  const isFunction = isObject(given) && 'getToken' in given
  if (isObject(given) && !isFunction && !('provider' in given)) throw noProvider(undefined)
  checkAll(given, { ...(isFunction ? WITH_FUNCTION : WITH_PROVIDER), ...SHARED, ...own })
  if (options.seal && !options.store) throw invalidOption('store', 'a token store for the seal', options.store)
  const { timing = {}, clock = systemClock } = options
  return {
    engine: {
      store: options.store,
      seal: options.seal,
      onPrompt: options.onPrompt,
      onAmbiguousRefresh: options.onAmbiguousRefresh ?? 'retry',
      timing: timingOf(timing),
      maxWaiters: options.maxWaiters ?? 100_000,
      clock,
    },
    grantOf: isFunction ? functionGrants(options, clock) : definitionGrants(options, clock, via),
  }
}

function definitionGrants(options: Loose, clock: Clock, via: TokenRequestsVia): CheckedOptions['grantOf'] {
  const { provider, transport } = options
  const interpret = provider?.[GRANT]
  if (!provider || typeof interpret !== 'function') throw noProvider(provider)
  return interpret(provider, {
    grant: options.grant,
    resources: options.resources,
    dangerouslyAllowInsecureHttp: options.dangerouslyAllowInsecureHttp ?? false,
    via: transport ? { transport: () => transport } : via,
    clock,
  })
}

function noProvider(provider: unknown): TypeError {
  return invalidOption(
    'provider',
    'a preset, or a provider made by defineProvider() or oauth2(); or getToken, a function of your own',
    provider,
  )
}

function functionGrants(options: Loose, clock: Clock): CheckedOptions['grantOf'] {
  const { getToken, isSessionOver, name, store, resources = [], dangerouslyAllowInsecureHttp = false } = options
  if (getToken === undefined) throw invalidOption('getToken', 'a function', getToken)
  if (store && name === undefined)
    throw invalidOption('name', "text that tells this application's sessions from others in the store", name)
  parseResources(resources, dangerouslyAllowInsecureHttp)
  const resourceServer = { resources: resources.map(String), dangerouslyAllowInsecureHttp }
  return ({ account, scope }) =>
    new FunctionGrant({ getToken, isSessionOver, name: name ?? 'getToken', account, scope, resourceServer, clock })
}

/** Checks the options of a manager: its credentials too, and that a store is given the account it needs. */
export function readOptions(
  given: unknown,
  via?: TokenRequestsVia,
): { readonly engine: EngineOptions; readonly grant: TokenGrant } {
  const { engine, grantOf } = checkOptions(given, via)
  const { account, scope, credentials } = given as Loose
  const grant = grantOf({ account, scope: scopeText(scope), credentials })
  if (engine.store && account === undefined && grant.personal)
    throw invalidOption('account', "text that tells this person's session from the others in the store", account)
  return { engine: { ...engine, account }, grant }
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
