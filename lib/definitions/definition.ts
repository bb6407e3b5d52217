// The types of a provider definition: text with placeholders for values sent, paths for values received. Types only.

/**
 * Text with placeholders. `{name}` is required; `{name?}` drops its parameter, header or path part when absent; `{name=value}` falls back
 * to `value`. Placeholders are filled from credentials, from `scope` and, after a grant, from kept fields; the library fills `{token}`,
 * `{type}` and `{refreshToken}`.
 */
export type Template = string

/**
 * The place of a value in a JSON body: `expires_in`, `data.token`, `@error.@code`, `errors.0.code`; `''` is the whole body. In a
 * prompt, `#.user_scope` is a claim of the token, if that is a JSON Web Token.
 */
export type Path = string

/** One path, or several tried in order: the first value that is neither null nor undefined is used. */
export type Paths = Path | readonly Path[]

/** A test of an HTTP response. All conditions must apply; a list of matches applies when any of them does. */
export interface Match {
  /** The HTTP status, or any of these. */
  readonly status?: number | readonly number[]
  /** The body has a value at this path. */
  readonly at?: Paths
  /** The value at the path equals this, or one of these; compared as text. */
  readonly is?: string | readonly string[]
}

/** The value of a parameter. JSON keeps its type; a form repeats the parameter for a list, and cannot carry a tree. */
export type Param = Template | number | boolean | readonly Template[] | { readonly [name: string]: Param }

/** How a request carries its parameters. */
export type Encoding = 'form' | 'json' | 'query'

/** A request to the authorization server. */
export interface TokenRequest {
  /** Absolute, or relative to `api` when it begins with a slash. */
  readonly url?: Template
  /** @default `POST` */
  readonly method?: 'POST' | 'GET' | 'PUT' | 'DELETE'
  /** @default `form` */
  readonly encoding?: Encoding
  /** By name. */
  readonly headers?: Readonly<Record<string, Template>>
  /** HTTP Basic: user and password. */
  readonly basic?: readonly [Template, Template]
  /** `encoded`: user and password are form-encoded before base64; `raw`: they are not. @default `encoded` @see RFC 6749, section 2.3.1 */
  readonly basicStyle?: 'raw' | 'encoded'
  /** By wire name. Those of a grant replace the shared ones; null removes a shared one. */
  readonly params?: Readonly<Record<string, Param | null>>
}

/** The lifetime of a token. A list is tried in order; if none applies, the expiry is unknown. */
export type Lifetime =
  | {
      /** A duration, a number or numeric text. */
      readonly in: Paths
      /** @default seconds */
      readonly unit?: 's' | 'ms' | 'min'
    }
  | {
      /** A point in time. */
      readonly at: Paths
      /** @default seconds since the epoch */
      readonly unit?: 's' | 'ms' | 'iso'
    }
  | {
      /** `exp - iat` of the token, a JSON Web Token. */
      readonly jwt: 'exp'
    }
  | {
      /** Seconds, for responses that state none. */
      readonly fixed: number
    }

/** The places of values in a token response. */
export interface TokenAnswer {
  /** Conditions of success besides a 2xx status: `{ at: 'code', is: '0' }`. */
  readonly ok?: readonly Match[]
  /** @default `access_token` The grant failed if it is absent or empty, at any status. */
  readonly token?: Paths
  /** @default `token_type` */
  readonly type?: Paths
  /** @default `refresh_token` */
  readonly refresh?: Paths
  /** @default `scope` */
  readonly scope?: Paths
  /** @default `[{ in: 'expires_in' }]` */
  readonly lifetime?: readonly Lifetime[]
  /** Seconds after which the token should be renewed. @default `refresh_in` */
  readonly renewIn?: Paths
  /** Further fields kept beside the token, by placeholder name: they fill placeholders of `api`, `headers`, `placement` and renewals. */
  readonly keep?: Readonly<Record<string, KeptField>>
}

/**
 * A field to keep: its path, with the values that it may have; a response with another value is refused. A placeholder in such a value, the
 * name of the field itself, stands for one label of a host name, which alone is kept:
 * `{ instance: { at: 'instance_url', is: 'https://{instance}.my.salesforce.com' } }`.
 *
 * A field that is part of a host is one label of it, or has its values listed: a response must not choose who receives the token.
 */
export type KeptField = Path | { readonly at: Path; readonly is: Template | readonly Template[] }

/** A way to get a token. */
export interface Grant extends TokenRequest {
  /** Whether the same input can be used again without a person: false for a code or a passcode. @default true; of a renewal, false where refresh tokens rotate */
  readonly repeatable?: boolean
  /** Errors of this grant that a retry cannot help, besides those of `token.errors`. */
  readonly denied?: readonly Match[]
  /** Replaces the shared one field by field. */
  readonly answer?: TokenAnswer
}

/** The request that renews a token, for example with a refresh token. */
export interface Renewal extends Grant {
  /** `rotates`: each use returns a new refresh token. `keeps`: none is returned. Both are handled in any case. */
  readonly refreshToken: 'rotates' | 'keeps' | 'unknown'
  /** `dies`: the renewal invalidates the old access token. `extended`: no new one is issued, the old one is valid for longer. */
  readonly accessToken: 'dies' | 'lives' | 'extended' | 'unknown'
  /**
   * Seconds before its end from which a token is renewed, where that is earlier than usual: for long-lived tokens that renew with themselves.
   * At most half of the lifetime counts.
   */
  readonly within?: number
}

/** A response that asks for more input in place of a token, for example a second factor. */
export interface Prompt {
  /** The responses that are prompts: any of these matches. */
  readonly when: readonly Match[]
  /** The grant that sends the input. */
  readonly grant: string
  /** Fields of the response that are passed to that grant, by placeholder name. */
  readonly carry: Readonly<Record<string, Paths>>
}

/** The place of the token on a request. */
export type Placement =
  | {
      /** The name of the header. */
      readonly header: string
      /** With `{token}`, and `{type}` for the scheme. */
      readonly value: Template
    }
  | {
      /** The name of the query parameter. */
      readonly query: string
      /** @default `{token}` */
      readonly value?: Template
    }
  | {
      /** HTTP Basic: user and password. */
      readonly basic: readonly [Template, Template]
    }

/** The time to wait before a retry: seconds from now, an HTTP date, or epoch seconds. */
export type Wait =
  | { readonly header: string; readonly as: 'seconds' | 'date' | 'epoch' }
  | { readonly at: Path; readonly as: 'seconds' | 'date' | 'epoch' }

/** The places of values in an error response. */
export interface ErrorShape {
  /** @default `error` */
  readonly code?: Paths
  /** @default `error_description` */
  readonly message?: Paths
  /** @default `error_uri` */
  readonly uri?: Paths
  /**
   * Errors that a retry with the same input cannot help. A status alone counts only with an error code: without one, the response may
   * be a proxy's.
   */
  readonly denied?: readonly Match[]
  /** The time to wait before a retry, besides the header `Retry-After`, which is always read. */
  readonly wait?: readonly Wait[]
}

/** An endpoint for token introspection or revocation, for device authorization or for pushed authorization requests. */
export interface Endpoint extends TokenRequest {
  /**
   * `token`: it carries the token as an API request does. `client`: it shares `token` of the definition, and has a `{token}`
   * placeholder.
   */
  readonly by: 'token' | 'client'
}

/** The authorization endpoint. With `pkce` the library fills `{codeChallenge}` here and `{codeVerifier}` in the grant. */
export interface Authorize {
  /** The URL of the endpoint. */
  readonly url: Template
  /** By wire name; one has `{state}`. Other optional placeholders are filled by `authorizationUrl(values)`. */
  readonly params: Readonly<Record<string, Param>>
  /** Whether requests have a code challenge, S256. @default false @see RFC 7636 */
  readonly pkce?: boolean
  /**
   * The issuer identifier that authorization responses name in `iss`, filled from credentials, or each way to write it; a response of another
   * is refused.
   * @default any of the origin of `url`
   * @see RFC 9207
   */
  readonly issuer?: Template | readonly Template[]
  /** Whether each response has `iss`: one without is refused. @default false */
  readonly issParameterSupported?: boolean
  /** The parameters of its responses. @default those of RFC 6749, section 4.1.2 */
  readonly callback?: Callback
}

/** The parameters of authorization responses, where they differ from RFC 6749 or bring more. */
export interface Callback {
  /** The name of the code. @default `code` */
  readonly code?: string
  /** Further parameters that are kept beside the token, by placeholder name: `{ realmId: 'realmId' }`. `is`: as in {@link KeptField}. */
  readonly keep?: Readonly<
    Record<string, string | { readonly name: string; readonly is: Template | readonly Template[] }>
  >
}

/** One request to the authorization server, complete. */
export interface WireRequest {
  /** The HTTP method. */
  readonly method: string
  /** Absolute. */
  readonly url: string
  /** By name. */
  readonly headers: Readonly<Record<string, string>>
  /** The encoded body, where there is one. */
  readonly body?: string
}

/** A response whose body is parsed as JSON, or as form data if that is its content type. */
export interface WireAnswer {
  /** The HTTP status. */
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  /** The parsed body. */
  readonly body: unknown
}

/** A provider as data: its token endpoint, the requests of its grants, and the meaning of its responses. */
export interface ProviderDefinition {
  /** Names the provider in errors, events and the key in the store. */
  readonly id: string
  /** The name of the system, for people. */
  readonly title: string
  /** The URL of the system's documentation. */
  readonly docs: string
  /** Root of the API, and of the URLs here that begin with a slash. Without it, the application must set `resources`. */
  readonly api?: Template
  /** Shared by all token requests of this provider. */
  readonly token: TokenRequest & { readonly answer?: TokenAnswer; readonly errors?: ErrorShape }
  /** The grants, by name. */
  readonly grants: Readonly<Record<string, Grant>>
  /** The renewal. @default each token is obtained by the grant */
  readonly renewal?: Renewal
  /** The prompt for more input, e.g. a second factor. */
  readonly prompt?: Prompt
  /** The authorization endpoint. @see RFC 6749, section 3.1 */
  readonly authorize?: Authorize
  /** The endpoint that takes the parameters of `authorize` first, and gives a reference to them for the URL. @see RFC 9126 */
  readonly pushedAuthorization?: Endpoint
  /** @default `Authorization: Bearer {token}` */
  readonly placement?: Placement
  /** Sent with every API request. */
  readonly headers?: Readonly<Record<string, Template>>
  /** API paths that are sent without a token. */
  readonly publicPaths?: readonly string[]
  /** API responses that reject the token, beside status 401. A rule that names no status is about 400 and above. */
  readonly rejectedWhen?: readonly Match[]
  /** Milliseconds for which the API may reject a token after it was issued. @default 0 */
  readonly propagationDelay?: number
  /** Errors of the API, if they differ from those of the token endpoint. */
  readonly errors?: ErrorShape
  /** Names of credentials that may be given although no placeholder has them. */
  readonly otherCredentials?: readonly string[]
  /** The scopes of the API. */
  readonly scopes?: {
    /** Stands between scopes in requests and responses. @default a space */
    readonly separator?: string
    /** The names of scopes, for the documentation. */
    readonly known?: readonly string[]
  }
  /** The introspection endpoint. @see RFC 7662 */
  readonly inspect?: Endpoint
  /** The revocation endpoint. @see RFC 7009 */
  readonly revoke?: Endpoint
  /** The device authorization endpoint. @see RFC 8628 */
  readonly deviceAuthorization?: Endpoint
  /** For cases that data cannot express: signing the finished request, or rewriting a response before it is read. */
  readonly custom?: {
    /** Changes a token request before each attempt. */
    readonly request?: (request: WireRequest) => WireRequest | Promise<WireRequest>
    /** Changes a response before it is read. */
    readonly answer?: (answer: WireAnswer) => WireAnswer | Promise<WireAnswer>
  }
}
