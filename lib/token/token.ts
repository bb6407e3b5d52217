// The token value. The secret is in a private field: printing the object shows the fingerprint instead.
import { digestOf, randomText } from '../util/encoding.ts'

/** An access token and its properties. Printing or serialising one shows its fingerprint, never the secret. */
export interface Token {
  /** The secret. */
  readonly accessToken: string
  /** The authentication scheme: `Bearer`. */
  readonly scheme: string
  /** Epoch milliseconds; absent when the server stated no lifetime. */
  readonly expiresAt?: number
  /** Epoch milliseconds at which its request was sent. */
  readonly obtainedAt: number
  /** The scopes that the server granted, space-separated, where it stated them. */
  readonly scope?: string
  /** Fields that came with the token and that the provider keeps, by name. Printing the token does not show them. */
  readonly kept?: Readonly<Record<string, string>> | undefined
  /** Increases with every new token of a manager. */
  readonly generation: number
  /** Base64url of the first 16 bytes of its SHA-256: tells tokens apart in logs. */
  readonly fingerprint: string
  /** The fingerprint; never the secret. */
  toString(): string
}

/** The fields of a token without its fingerprint. */
export type TokenFields = Omit<Token, 'fingerprint' | 'toString'>

class PrintableToken implements Token {
  readonly #accessToken: string
  readonly #kept: Token['kept']
  readonly scheme: string
  declare readonly expiresAt?: number
  readonly obtainedAt: number
  declare readonly scope?: string
  readonly generation: number
  readonly fingerprint: string

  constructor(fields: TokenFields, fingerprint: string) {
    this.#accessToken = fields.accessToken
    this.#kept = fields.kept && Object.freeze({ ...fields.kept })
    this.scheme = fields.scheme
    if (fields.expiresAt !== undefined) this.expiresAt = fields.expiresAt
    this.obtainedAt = fields.obtainedAt
    if (fields.scope !== undefined) this.scope = fields.scope
    this.generation = fields.generation
    this.fingerprint = fingerprint
    Object.freeze(this)
  }

  get accessToken(): string {
    return this.#accessToken
  }

  get kept(): Token['kept'] {
    return this.#kept
  }

  toJSON(): Record<string, unknown> {
    return { ...(this as object) }
  }

  toString(): string {
    return `Token ${this.fingerprint}`
  }

  // Node's util.inspect looks for this; it must hold with `getters: true` too.
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString()
  }
}

/** Makes a {@link Token} from its fields, for a `TokenSource` of your own. */
export async function createToken(fields: TokenFields): Promise<Token> {
  return new PrintableToken(fields, await fingerprint(fields.accessToken))
}

/** The first 16 bytes of SHA-256, or random ones where there is no WebCrypto: nothing may fail between a token's arrival and its use. */
async function fingerprint(secret: string): Promise<string> {
  return (await digestOf(secret, 16)) ?? randomText(16)
}
