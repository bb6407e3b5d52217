// Recognises the password that a stored session began with: a wrong password is never served the right one's session.
import { base64url } from '../util/encoding.ts'
import type { SessionRecord, Verifier } from './session-record.ts'
import type { TokenGrant } from './token-grant.ts'

const ROUNDS = 100_000

/** A verifier of more rounds than this would keep the process busy. */
const MAX_ROUNDS = 10_000_000

export class PasswordCheck {
  readonly #grant: TokenGrant
  readonly #isShared: boolean
  readonly #inTurn: InTurn
  readonly #matched: Matched
  #refused: string | undefined

  /** `inTurn` limits how many keys are derived at once. `matched`: remembers a match, for managers that come and go. */
  constructor(grant: TokenGrant, isShared: boolean, inTurn: InTurn, matched: Matched = { proof: undefined }) {
    this.#grant = grant
    this.#isShared = isShared
    this.#inTurn = inTurn
    this.#matched = matched
  }

  /** Whether the record may be served, once {@link check} has looked at it. */
  isTrusted(record: SessionRecord | undefined): boolean {
    if (!this.#isShared || !record?.verifier || record.end?.kind === 'cleared') return true
    const proof = this.#grant.proof()
    return proof === undefined || proof === this.#matched.proof
  }

  /** Compares the password with the record's, once; where it cannot be told it does not match. */
  async check(record: SessionRecord | undefined): Promise<boolean> {
    if (this.isTrusted(record) || !record?.verifier) return true
    if (this.#refused === record.lineage) return false
    const proof = this.#grant.proof() ?? ''
    const { salt, digest, rounds } = record.verifier
    const own = rounds > MAX_ROUNDS ? undefined : await this.#inTurn(() => derive(proof, salt, rounds))
    if (own !== digest) {
      this.#refused = record.lineage
      return false
    }
    this.trust()
    return true
  }

  /** The password was accepted by the server, or matches. */
  trust(): void {
    this.#matched.proof = this.#grant.proof()
  }

  /** The verifier for a session that this password began; undefined where there is no password, or no WebCrypto. */
  async verifier(): Promise<Verifier | undefined> {
    const proof = this.#grant.proof()
    if (proof === undefined) return undefined
    this.trust()
    const salt = saltText()
    const digest = salt === undefined ? undefined : await this.#inTurn(() => derive(proof, salt, ROUNDS))
    return salt === undefined || digest === undefined ? undefined : { salt, digest, rounds: ROUNDS }
  }
}

type InTurn = <T>(derive: () => Promise<T>) => Promise<T>

/** The password that was last found right. */
export interface Matched {
  proof: string | undefined
}

function saltText(): string | undefined {
  try {
    return base64url(crypto.getRandomValues(new Uint8Array(16)))
  } catch {
    return undefined
  }
}

/** PBKDF2 with SHA-256, off the main thread; undefined without WebCrypto. @see RFC 8018, section 5.2 */
async function derive(proof: string, salt: string, iterations: number): Promise<string | undefined> {
  try {
    const encoder = new TextEncoder()
    const key = await crypto.subtle.importKey('raw', encoder.encode(proof), 'PBKDF2', false, ['deriveBits'])
    const bits = await crypto.subtle.deriveBits(
      { name: 'PBKDF2', hash: 'SHA-256', salt: encoder.encode(salt), iterations },
      key,
      256,
    )
    return base64url(new Uint8Array(bits))
  } catch {
    return undefined
  }
}
