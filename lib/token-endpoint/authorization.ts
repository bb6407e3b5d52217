// Authorization requests and responses: URL, state, PKCE, callback (RFC 6749, section 4.1; RFC 7636).
import type { ProviderDefinition } from '../definitions/definition.ts'
import { invalidOption, OAuthError, TokenResponseError } from '../errors.ts'
import type { AuthorizationExpectation, AuthorizationRequest, Values } from '../token/token-grant.ts'
import { base64url } from '../util/encoding.ts'
import { parseUrl } from '../util/url.ts'
import { redact } from './error-response.ts'
import { authorizationUrl } from './other-endpoints.ts'

/** What came back: a code to exchange, or of the implicit grant the token itself. */
export type AuthorizationResponse =
  { readonly kind: 'code'; readonly values: Values } | { readonly kind: 'token'; readonly fields: URLSearchParams }

// So many people may be under way at once; the first to leave is the first to be forgotten.
const MAX_PENDING = 1_000

export class AuthorizationRequests {
  readonly #provider: ProviderDefinition
  readonly #values: Values
  readonly #pending = new Map<string, AuthorizationExpectation>()

  constructor(provider: ProviderDefinition, values: Values) {
    this.#provider = provider
    this.#values = values
  }

  /** Rejects with a `TypeError` where the provider has no authorization endpoint. */
  async create(placeholders: Values): Promise<AuthorizationRequest> {
    const { authorize, id } = this.#provider
    if (!authorize) throw new TypeError(`tokenflight: ${id} has no authorization endpoint`)
    const state = random()
    const proof = authorize.pkce ? await proofKey() : undefined
    const url = await authorizationUrl(this.#provider, {
      ...this.#values,
      ...placeholders,
      state,
      codeChallenge: proof?.codeChallenge,
    })
    const expected = { state, ...(proof && { codeVerifier: proof.codeVerifier }) }
    const [oldest] = this.#pending.keys()
    if (this.#pending.size >= MAX_PENDING && oldest !== undefined) this.#pending.delete(oldest)
    this.#pending.set(state, expected)
    return { url: url ?? '', ...expected }
  }

  /** Reads a callback URL. Throws for one that was not asked for, and for a refusal. */
  parseCallback(callbackUrl: string | URL, given: AuthorizationExpectation | undefined): AuthorizationResponse {
    const { id } = this.#provider
    const callback = parseUrl(callbackUrl)
    if (!callback) throw invalidOption('callbackUrl', 'the URL that was called back', callbackUrl)
    const { searchParams, hash } = callback
    const fields =
      searchParams.has('code') || searchParams.has('error') ? searchParams : new URLSearchParams(hash.slice(1))
    const state = fields.get('state')
    const expected = given ?? (state === null ? undefined : this.#pending.get(state))
    // Whoever sends a callback of their own would log their victim in to their account.
    if (state === null || expected?.state !== state) {
      throw new TokenResponseError(
        id,
        'the callback does not belong to a request of this manager: its state is another',
        {
          reason: 'state',
          status: 0,
        },
      )
    }
    this.#pending.delete(state)
    const error = fields.get('error')
    if (error !== null) throw refused(id, error, fields.get('error_description'))
    const code = fields.get('code')
    if (code !== null) return { kind: 'code', values: { code, codeVerifier: expected.codeVerifier } }
    return { kind: 'token', fields }
  }
}

function refused(provider: string, code: string, description: string | null): OAuthError {
  const error = redact(code, [])
  const errorDescription = description === null ? undefined : redact(description, [])
  return new OAuthError(provider, `consent was refused: ${error}`, { error, errorDescription, status: 0 })
}

/** @see RFC 7636, sections 4.1 and 4.2 */
async function proofKey(): Promise<{ codeVerifier: string; codeChallenge: string }> {
  const codeVerifier = random()
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(codeVerifier))
  return { codeVerifier, codeChallenge: base64url(new Uint8Array(digest)) }
}

function random(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)))
}
