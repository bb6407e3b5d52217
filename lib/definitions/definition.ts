// The types of a provider definition: text with placeholders for values sent, paths for values received. Types only.

/**
 * Text with placeholders. `{name}` must be supplied; `{name?}` drops its parameter, header or path part when absent; `{name=value}`
 * falls back to `value`. Placeholders are filled from credentials, from `scope` and, after a grant, from kept fields; the engine itself
 * fills `{token}`, `{type}` and `{refreshToken}`.
 */
export type Template = string

/**
 * Where a value sits in a JSON body: `expires_in`, `data.token`, `@error.@code`, `errors.0.code`; `''` is the whole body. In a
 * prompt, `#.user_scope` is a claim of the token, where that is a JSON Web Token.
 */
export type Path = string

/** One place, or several tried in order: the first that holds something other than null or undefined wins. */
export type Paths = Path | readonly Path[]

/** A test of an HTTP answer. Everything named must hold; a list of matches holds when any one does. */
export interface Match {
  readonly status?: number | readonly number[]
  /** Something is there ... */
  readonly at?: Paths
  /** ... and, if given, it is (one of) this. Compared as text. */
  readonly is?: string | readonly string[]
}

/** What a parameter may be. In JSON everything keeps its kind; in a form a list is a parameter repeated, and a tree has no place. */
export type Param = Template | number | boolean | readonly Template[] | { readonly [name: string]: Param }

type Encoding = 'form' | 'json' | 'query'

export interface TokenRequest {
  /** Absolute, or relative to `api` when it begins with a slash. */
  readonly url?: Template
  /** Default `POST`. */
  readonly method?: 'POST' | 'GET' | 'PUT' | 'DELETE'
  /** Default `form`. */
  readonly encoding?: Encoding
  readonly headers?: Readonly<Record<string, Template>>
  /** HTTP Basic, user and password. */
  readonly basic?: readonly [Template, Template]
  /** `raw`: base64 of the two as typed. `encoded` (default): each form-encoded first (RFC 6749, 2.3.1). */
  readonly basicStyle?: 'raw' | 'encoded'
  /** By wire name. A grant's own come over the shared ones; null takes a shared one away. */
  readonly params?: Readonly<Record<string, Param | null>>
}

/** How long a token lives. A list is tried in order; when nothing applies the token has no known end. */
export type Lifetime =
  | { readonly in: Paths; readonly unit?: 's' | 'ms' | 'min' } // a duration, number or numeric text; default seconds
  | { readonly at: Paths; readonly unit?: 's' | 'ms' | 'iso' } // a moment; default epoch seconds
  | { readonly jwt: 'exp' } // the token's own `exp` claim
  | { readonly fixed: number } // seconds, when the answer does not say

export interface TokenAnswer {
  /** More that must hold, besides a 2xx status, for the answer to be a success: `{ at: 'code', is: '0' }`. */
  readonly ok?: readonly Match[]
  /** Default `access_token`; absent or empty means the grant failed, whatever the status. */
  readonly token?: Paths
  /** Default `token_type`. */
  readonly type?: Paths
  /** Default `refresh_token`. */
  readonly refresh?: Paths
  /** Default `scope`. */
  readonly scope?: Paths
  /** Default `[{ in: 'expires_in' }]`. */
  readonly lifetime?: readonly Lifetime[]
  /** Seconds after which the server would like the token renewed. Default `refresh_in`. */
  readonly renewIn?: Paths
  /** Further fields worth keeping beside the token, by the name they get; placeholders may use them. */
  readonly keep?: Readonly<Record<string, Path>>
}

export interface Grant extends TokenRequest {
  /** May this grant be repeated unattended with the same input? False where the input is used up: a code, a passcode. */
  readonly repeatable?: boolean
  /** Refusals of this grant alone that asking again cannot help, beside those of `token.errors`. */
  readonly denied?: readonly Match[]
  /** Field by field over the shared one. */
  readonly answer?: TokenAnswer
}

interface Renewal extends Grant {
  /** `rotates`: each use brings a new refresh token. `keeps`: none comes back. Either is handled, whatever is said here. */
  readonly refreshToken: 'rotates' | 'keeps' | 'unknown'
  /** `dies`: the old access token is refused from the moment of renewal. `extended`: no new one comes, the old lives longer. */
  readonly accessToken: 'dies' | 'lives' | 'extended' | 'unknown'
}

/** A grant answered not with a token but with a question: a second factor, say. */
interface Prompt {
  readonly when: readonly Match[]
  /** The grant that answers it. */
  readonly grant: string
  /** Fields of the answer handed on to that grant, by placeholder name. */
  readonly carry: Readonly<Record<string, Paths>>
}

/** Where and how the token goes on a request. */
export type Placement =
  | { readonly header: string; readonly value: Template } // `{token}`, `{type}`
  | { readonly query: string; readonly value?: Template }
  | { readonly basic: readonly [Template, Template] }

/** How long to wait before asking again: seconds from now, an HTTP date, or a moment in epoch seconds. */
export type Wait =
  | { readonly header: string; readonly as: 'seconds' | 'date' | 'epoch' }
  | { readonly at: Path; readonly as: 'seconds' | 'date' | 'epoch' }

interface ErrorShape {
  /** Default `error`. */
  readonly code?: Paths
  /** Default `error_description`. */
  readonly message?: Paths
  /** Default `error_uri`. */
  readonly uri?: Paths
  /**
   * Asking again with the same input cannot help. A status alone counts only where the body holds an error code: without one it
   * may be a proxy's.
   */
  readonly denied?: readonly Match[]
  /** Ask again later. The `Retry-After` header is read whether or not it is named here. */
  readonly wait?: readonly Wait[]
}

/** A call about a token: what it is, or that it be forgotten. */
export interface Endpoint extends TokenRequest {
  /**
   * `token`: the token goes on it as on any API request. `client`: it shares what token requests share (`token`), and names
   * the token by a `{token}` placeholder.
   */
  readonly by: 'token' | 'client'
}

/** Where a person is sent to agree. With `pkce` the engine fills `{codeChallenge}` here and `{codeVerifier}` in the grant. */
export interface Authorize {
  readonly url: Template
  readonly params: Readonly<Record<string, Param>>
  readonly pkce?: boolean
}

/** One request to the authorization server, ready to be sent. */
export interface WireRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** An answer with its body read as JSON, or as form data where its content type says so. */
export interface WireAnswer {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/** A system as data: where its tokens come from, how they are asked for, and what its answers mean. */
export interface ProviderDefinition {
  readonly id: string
  readonly title: string
  readonly docs: string
  /** Root of the API, and of the URLs here that begin with a slash. Without one, the application says where the token may go. */
  readonly api?: Template
  /** What every token request of this provider shares. */
  readonly token: TokenRequest & { readonly answer?: TokenAnswer; readonly errors?: ErrorShape }
  readonly grants: Readonly<Record<string, Grant>>
  readonly renewal?: Renewal
  readonly prompt?: Prompt
  readonly authorize?: Authorize
  /** Default: `Authorization: Bearer {token}`. */
  readonly placement?: Placement
  /** Sent with every API request. */
  readonly headers?: Readonly<Record<string, Template>>
  /** API paths that take no token. */
  readonly publicPaths?: readonly string[]
  /** An API answer that means "this token is no good". Default: status 401. */
  readonly rejectedWhen?: readonly Match[]
  /** Of the API, as apart from the token endpoint. */
  readonly errors?: ErrorShape
  readonly scopes?: { readonly separator?: string; readonly known?: readonly string[] }
  readonly inspect?: Endpoint
  readonly revoke?: Endpoint
  /** For what data cannot say: sign the finished request, or rewrite the answer before it is read. */
  readonly custom?: {
    /** The last word on a token request, before each attempt. */
    readonly request?: (request: WireRequest) => WireRequest | Promise<WireRequest>
    /** The answer as the definition is to read it. */
    readonly answer?: (answer: WireAnswer) => WireAnswer | Promise<WireAnswer>
  }
}
