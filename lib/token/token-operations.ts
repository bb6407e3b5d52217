// Requests outside of a renewal: code exchange, introspection, revocation.
import type { TokenRecord } from '../stores/token-store.ts'
import { recordOf } from '../token/current-token.ts'
import { unanswered } from '../token/errors.ts'
import type { Settings } from '../token/options.ts'
import { Deadline } from '../util/abort.ts'
import type { AuthorizationResponse } from './authorization.ts'
import type { Values } from '../token-endpoint/build-request.ts'
import { callEndpoint } from '../token-endpoint/other-endpoints.ts'
import { requestToken } from '../token-endpoint/request-token.ts'
import { readTokenResponse } from '../token-endpoint/token-response.ts'
import type { TokenTransport } from '../token-endpoint/transport.ts'

const ATTEMPTS = 3

export class TokenOperations {
  readonly #settings: Settings
  readonly #transport: TokenTransport

  constructor(settings: Settings, transport: TokenTransport) {
    this.#settings = settings
    this.#transport = transport
  }

  /** The token that a person's consent is worth. */
  async exchangeCode(consent: AuthorizationResponse): Promise<Omit<TokenRecord, 'generation'>> {
    const { provider, values, clock, onAmbiguousRefresh } = this.#settings
    const grant = 'authorization_code'
    const reply = await this.#withDeadline(async (deadline) => {
      if (consent.kind === 'code') {
        return requestToken({
          provider,
          grant,
          values: { ...values, ...consent.values },
          transport: this.#transport,
          clock,
          signal: deadline.signal,
          deadline: deadline.endsAt,
          attempts: ATTEMPTS,
          onAmbiguousRefresh,
        })
      }
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const answer = { status: 200, headers, text: consent.fields.toString() }
      const outcome = await readTokenResponse(answer, { provider, grant, now: clock.now(), secrets: [] })
      return { ...outcome, sentAt: clock.now() }
    })
    if (reply.kind === 'token') return recordOf(reply.issued, reply.sentAt, undefined)
    throw reply.kind === 'failure' ? reply.failure.error : unanswered(provider.id, 'is not asked in an exchange')
  }

  /** What the server says of a token, or its word that it has forgotten it. */
  callEndpoint(name: 'inspect' | 'revoke', token: string, placeholders: Values = {}): Promise<unknown> {
    const { provider, values } = this.#settings
    return this.#withDeadline((deadline) =>
      callEndpoint({
        provider,
        name,
        values: { ...values, ...placeholders, token },
        transport: this.#transport,
        signal: deadline.signal,
      }),
    )
  }

  /** Has the server forget each of the tokens, whatever it says to the others; rejects with its first refusal. */
  async revoke(tokens: readonly string[]): Promise<void> {
    const refusals: unknown[] = []
    for (const token of tokens) await this.callEndpoint('revoke', token).catch((error: unknown) => refusals.push(error))
    if (refusals.length > 0) throw refusals[0]
  }

  async #withDeadline<T>(act: (deadline: Deadline) => Promise<T>): Promise<T> {
    const { clock, timing } = this.#settings
    const deadline = new Deadline(clock, timing.flightDeadline)
    deadline.hold()
    try {
      return await act(deadline)
    } finally {
      deadline.end()
    }
  }
}
