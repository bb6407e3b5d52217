// An emulated system: its routes, its error responses, its tokens and its switches.

import type { ProviderDefinition } from '../definitions/definition.ts'
import type { IssuedToken, IssueOptions, TokenStatus, IssuedTokens } from './server/issued-tokens.ts'
import type { LoggedRequest, RequestKind } from './server/request-log.ts'
import type { ReceivedRequest } from './server/request.ts'
import type { EmulatedResponse } from './server/response.ts'

/** The values of the path's placeholders, by name. */
export type PathParams = Readonly<Record<string, string>>

/** A request that takes no access token: the token endpoint itself, open paths. */
export interface OpenRoute {
  /** The kind of its requests in the log. */
  readonly kind: RequestKind
  /** Responds to the request. */
  readonly handle: (request: LoggedRequest, params: PathParams) => EmulatedResponse
}

/** A request that needs an access token. */
export interface GuardedRoute {
  /** The kind of its requests in the log. @default 'resource' */
  readonly kind?: RequestKind
  /** Responds to a request with a valid token. */
  readonly guarded: (request: LoggedRequest, token: IssuedToken, params: PathParams) => EmulatedResponse
}

/** By method and path, e.g. `GET /v4/accounts/{id}`. */
export type Routes = Readonly<Record<string, OpenRoute | GuardedRoute>>

/** A resource of your own: requires an access token, returns any response. */
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
  /** Settings that may be changed while it runs. */
  readonly switches: Switches
  /** Actions that people take at the system by hand. */
  readonly actions: Actions
  /** The tokens that it has issued. */
  readonly tokens: IssuedTokens
  /** Its routes. */
  readonly routes: Routes
  /** Defaults of `issue()`. */
  readonly defaultToken: IssueOptions
  /** Reads the access token of a request. @default that of `Authorization: Bearer` */
  readonly readToken?: (request: ReceivedRequest) => string | undefined
  /** Responds to API requests without a valid token. */
  readonly unauthorized: (status: TokenStatus, request: LoggedRequest) => EmulatedResponse
  /** Rejects API requests for another reason: too many, a header missing, a permission. */
  readonly reject?: (request: LoggedRequest, token: IssuedToken) => EmulatedResponse | undefined
  /** Responds to an unknown path. */
  readonly notFound: (request: LoggedRequest) => EmulatedResponse
  /** Responds to a known path with another method. @default `notFound`, after the token is checked */
  readonly methodNotAllowed?: (request: LoggedRequest) => EmulatedResponse
}

/** The emulator that a system is created for. */
export interface EmulatorContext {
  /** `http://127.0.0.1:port` */
  readonly url: string
  /** Epoch milliseconds. */
  readonly now: () => number
}

/** Creates a system; returned by `telstraEmulator()` and its siblings. */
export type SystemFactory<S extends System> = (context: EmulatorContext) => S

/** The definition with another API root. */
export type WithApiUrl<D extends ProviderDefinition> = Omit<D, 'api'> & { readonly api: string }

/** The definition with another API root and another token endpoint. */
export type WithApiAndTokenUrl<D extends ProviderDefinition> = Omit<D, 'api' | 'token'> & {
  readonly api: string
  readonly token: Omit<D['token'], 'url'> & { readonly url: string }
}
