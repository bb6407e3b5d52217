// The facts of `flows.json`: for each flow of a provider the requests and the answers that its documentation describes.
import { readFileSync } from 'node:fs'

/** A token request. Everything that it names must be sent, and nothing else. */
export interface Ask {
  readonly method: string
  readonly url: string
  readonly query?: Readonly<Record<string, string>>
  /** User and password of HTTP Basic, joined by a colon. */
  readonly basic?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly form?: Readonly<Record<string, string>>
  readonly json?: unknown
  /** The body does not matter. */
  readonly anybody?: boolean
  /** Parameters of the form that may be sent too. */
  readonly optional?: readonly string[]
}

export interface Reply {
  /** Default 200. */
  readonly status?: number
  readonly body: unknown
}

/**
 * One way of a provider to get tokens. In its texts `cid` and `sec` are the client; `T1`, `T2` access tokens; `R1` a refresh token; `C1` a
 * code; `$any` any text; `$jwt` a JSON Web Token; `$iso+N`, `$epoch+N` a moment N seconds from now.
 */
export interface Flow {
  readonly id: string
  /** Where the documentation is. */
  readonly source: string
  readonly authorize?: { readonly url: string; readonly params: Readonly<Record<string, string>> }
  /** The request for a device code, where a person agrees on another device. */
  readonly device?: { readonly ask: Ask; readonly reply: Reply }
  /** The parameters of the authorization response, but for the state. Default the code. */
  readonly callback?: Readonly<Record<string, string>>
  readonly ask: Ask | null
  readonly reply: Reply | null
  /**
   * `again`: by the same request. Null: never. By default the answer is that of the first request, with the next token. `time`: a token
   * renews itself in its last week, and cannot once it is refused.
   */
  readonly renew: 'again' | null | { readonly ask: Ask; readonly reply?: Reply; readonly when?: 'time' }
  /** A request as the API must get it. */
  readonly api: { readonly method: string; readonly url: string; readonly headers: Readonly<Record<string, string>> }
  /** In seconds; null where it is not told. */
  readonly lifetime: number | null
  /** The refresh token that is held after the first answer. */
  readonly refresh: string | null
  /** How the API refuses a dead token. Default status 401. */
  readonly refused?: Reply
  /** A refusal of the token endpoint, and the error code that it must be told by. */
  readonly failure?: Reply & { readonly code: string }
}

export const FLOWS = JSON.parse(readFileSync(new URL('flows.json', import.meta.url), 'utf8')) as readonly Flow[]

/** A token request and its answer. */
export interface Exchange {
  readonly ask: Ask
  readonly reply: Reply
}

/** The exchanges of a flow: the first token, and so many renewals, each with the tokens of the one before. */
export function exchangesOf({ device, ask, reply, renew }: Flow, renewals: number): readonly Exchange[] {
  if (!ask || !reply) throw new Error('a flow without a token request')
  const exchanges: Exchange[] = [...(device ? [device] : []), { ask, reply }]
  let refresh = 'R1'
  for (let nth = 1; nth <= renewals && renew !== null; nth += 1) {
    const [token, next] = [`T${String(nth)}`, String(nth + 1)]
    const [asked, answer] = renew === 'again' ? [ask, reply] : [renew.ask, renew.reply ?? reply]
    // An answer that the facts spell out has T2, and R2 where the refresh token rotates; R1 stays.
    const isOwn = renew !== 'again' && renew.reply !== undefined
    const given = isOwn
      ? renamed(answer, { T2: `T${next}`, R2: `R${next}` })
      : renamed(answer, { T1: `T${next}`, R1: `R${next}` })
    exchanges.push({ ask: renew === 'again' ? asked : renamed(asked, { T1: token, R1: refresh }), reply: given })
    if (JSON.stringify(given).includes(`"R${next}"`)) refresh = `R${next}`
  }
  return exchanges
}

/** The same value with other words in its texts. */
export function renamed<T>(value: T, names: Readonly<Record<string, string>>): T {
  const text = JSON.stringify(value).replaceAll(/\b[TR]\d\b/g, (word) => names[word] ?? word)
  return JSON.parse(text) as T
}
