// The vectors as they are written; schema.json says the same with a description of each property, and the README what it means.

export interface VectorFile {
  readonly version: 1
  readonly title: string
  readonly vectors: readonly Vector[]
}

export interface Vector {
  readonly name: string
  readonly claim: string
  readonly fault?: number
  readonly needs?: readonly string[]
  readonly config?: Config
  readonly start?: Start
  readonly steps: readonly Step[]
  readonly end: End
}

export interface Config {
  readonly grant?: 'client_credentials' | 'authorization_code'
  readonly code?: string
  readonly ambiguousRefresh?: 'retry' | 'never'
  readonly store?: 'prompt' | 'told' | 'unreadable'
  readonly propagationDelay?: number
  readonly origins?: readonly string[]
  readonly revocation?: true
}

/** Times in milliseconds from the start; what is not known is left out. */
export interface StoredToken {
  readonly accessToken: string
  readonly refreshToken?: string
  readonly obtainedAt: number
  readonly expiresAt?: number
}

export type Start = { readonly held: StoredToken } | { readonly stored: StoredToken }

export interface Step {
  readonly at: number
  readonly do?: readonly Action[]
  readonly expect: readonly Happening[]
}

export interface HttpAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Text as it is; anything else as JSON. */
  readonly body?: unknown
}

export interface ApiCall {
  readonly request: string
  readonly times?: number
  readonly url?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | { readonly stream: string }
}

export type Action =
  | ApiCall
  | { readonly answerToken: HttpAnswer | { readonly failure: 'lost' | 'unreachable' } }
  | ({ readonly answerApi: string; readonly times?: number } & HttpAnswer)
  | { readonly abort: string }
  | { readonly turnClock: number }
  | { readonly answerStore: 'done' | 'failed'; readonly which?: 'oldest' | 'newest' }
  | { readonly storeHolds: StoredToken | null }
  | { readonly clear: true }
  | { readonly adopt: { readonly accessToken: string; readonly refreshToken?: string; readonly expiresAt?: number } }

/** One thing that is seen from outside, `times` of them at once. */
export type Happening = Readonly<Record<string, unknown>> & { readonly times?: number }

export interface End {
  readonly tokenRequests: number
  readonly apiRequests: number
  readonly store: StoredToken | null
}
