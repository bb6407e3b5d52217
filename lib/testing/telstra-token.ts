// The token endpoint that both versions of Telstra's API share.

import type { Answer } from './answer.ts'
import type { Entry } from './log.ts'
import { secretText } from './secret-text.ts'
import { missing, readForm } from './strict.ts'
import { TokenBook } from './token-book.ts'

/** An application that is registered there. */
export interface TelstraClient {
  readonly clientId: string
  readonly clientSecret: string
}

/** Where the samples differ from the model. */
export interface TelstraTokenSwitches {
  /** Leaves `token_type` out of the answer, as one of the vendor's samples does. */
  dropTokenType: boolean
  /** Ten hours, `"35999"`, in place of `lifetime`: another of the vendor's samples, against the model's "one hour". */
  longLived: boolean
}

export function telstraTokens(now: () => number): TokenBook {
  return new TokenBook({ accessToken: () => secretText(28), refreshToken: () => secretText(28) }, 3_599, now)
}

const ACCEPTED = [undefined, '*/*', 'application/json']
const ALLOWED = { fields: ['client_id', 'client_secret', 'grant_type', 'scope'] }

/** Answers token requests; `scopes` are those that may be asked for, and all are granted when none is. */
export function telstraToken(
  client: TelstraClient,
  switches: TelstraTokenSwitches,
  tokens: TokenBook,
  scopes: readonly string[],
): (request: Entry) => Answer {
  return (request) => {
    const { authorization, accept } = request.headers as { authorization?: string; accept?: string }
    if (authorization !== undefined) return refuse(400, 'invalid_request', 'The client belongs in the body')
    if (!ACCEPTED.includes(accept)) return refuse(406, 'invalid_request', 'Only application/json is to be had')
    const { fields, problem } = readForm(request, ALLOWED)
    if (!fields) return refuse(400, 'invalid_request', problem)
    const grant = fields.get('grant_type')
    if (grant !== 'client_credentials') return refuse(400, 'unsupported_grant_type', 'Only client_credentials')
    const absent = missing(fields, 'client_id', 'client_secret')
    if (absent) return refuse(400, 'invalid_request', `${absent} is missing`)
    if (fields.get('client_id') !== client.clientId || fields.get('client_secret') !== client.clientSecret) {
      return refuse(401, 'invalid_client', 'Client identifier is invalid')
    }
    const asked = fields.get('scope')?.split(' ') ?? scopes
    if (!asked.every((scope) => scopes.includes(scope))) return refuse(400, 'invalid_scope', 'No such scope')
    const lifetime = switches.longLived ? 35_999 : tokens.lifetime
    const { accessToken } = tokens.issue({ grant, scope: asked.join(' '), lifetime })
    return {
      status: 200,
      body: {
        access_token: accessToken,
        ...(!switches.dropTokenType && { token_type: 'Bearer' }),
        expires_in: String(lifetime),
      },
    }
  }
}

function refuse(status: number, error: string, description: string): Answer {
  return { status, body: { error, error_description: description } }
}
