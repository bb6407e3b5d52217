// What an emulated system is: its routes, its own words of refusal, its tokens and its switches.

import type { ProviderDefinition } from '../definitions/definition.ts'
import type { IssuedToken, Order, Standing, TokenBook } from './server/issued-tokens.ts'
import type { Entry, Kind } from './server/request-log.ts'
import type { Arrival } from './server/request.ts'
import type { Answer } from './server/response.ts'

/** What stands in the places of the path, by name. */
export type Params = Readonly<Record<string, string>>

/** A request that takes no access token: the token endpoint itself, open paths. */
export interface OpenRoute {
  readonly kind: Kind
  /** Answers the request. */
  readonly handle: (request: Entry, params: Params) => Answer
}

/** A request that needs an access token. */
export interface GuardedRoute {
  /** Default `resource`. */
  readonly kind?: Kind
  /** Answers a request whose token is good. */
  readonly guarded: (request: Entry, token: IssuedToken, params: Params) => Answer
}

/** By method and path, e.g. `GET /v4/accounts/{id}`. */
export type Routes = Readonly<Record<string, OpenRoute | GuardedRoute>>

/** A resource of your own: needs an access token, answers what you like. */
export type Resource = GuardedRoute['guarded']

/** A system as one emulator runs it. */
export interface System<
  Provider extends object = object,
  Credentials extends object = object,
  Grants extends object = object,
  Switches extends object = object,
  Actions extends object = object,
> {
  /** Path of the API root on the emulator's host. */
  readonly root: string
  /** The definition, pointed at the emulator. */
  readonly provider: Provider
  /** Credentials that the system accepts, for its usual grant. */
  readonly credentials: Credentials
  /** The same by grant. */
  readonly grants: Grants
  /** What may be set while it runs. */
  readonly switches: Switches
  /** What the system's people, or its users, do by hand. */
  readonly actions: Actions
  readonly tokens: TokenBook
  readonly routes: Routes
  /** What `issue()` gives when it is not told otherwise. */
  readonly usual: Order
  /** The token a request carries. @default that of `Authorization: Bearer` */
  readonly carried?: (request: Arrival) => string | undefined
  /** For requests to the API without a token that is good. */
  readonly unauthorized: (standing: Standing, request: Entry) => Answer
  /** For requests to the API that are refused for another reason: too many, a header missing, a permission. */
  readonly gate?: (request: Entry, token: IssuedToken) => Answer | undefined
  /** For a path that is not there. */
  readonly notFound: (request: Entry) => Answer
  /** For a path that is there, but not by this method. @default `notFound`, after a look at the token */
  readonly wrongMethod?: (request: Entry) => Answer
}

/** Where a system is set up. */
export interface Site {
  /** `http://127.0.0.1:port` */
  readonly url: string
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** A system that can be started: what `telstraEmulator()` and its siblings give. */
export type Blueprint<S extends System> = (site: Site) => S

/** The definition with its API root elsewhere. */
export type Pointed<D extends ProviderDefinition> = Omit<D, 'api'> & { readonly api: string }

/** The definition with its token endpoint elsewhere too, where that is an address of its own. */
export type Repointed<D extends ProviderDefinition> = Omit<D, 'api' | 'token'> & {
  readonly api: string
  readonly token: Omit<D['token'], 'url'> & { readonly url: string }
}
