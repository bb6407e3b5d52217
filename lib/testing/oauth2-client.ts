// Who the client is, by the one method it is registered for. @see RFC 6749, section 2.3.1

import type { Answer } from './answer.ts'
import type { Entry } from './log.ts'
import { refuse } from './oauth2-answers.ts'
import { basicOf, formDecode, type Fields } from './strict.ts'

/**
 * How a client proves who it is, by its registered name.
 * @see RFC 7591, section 2
 */
export type ClientAuthentication = 'client_secret_basic' | 'client_secret_post' | 'none'

export interface OAuth2Client {
  readonly clientId: string
  readonly clientSecret: string
  readonly clientAuthentication: ClientAuthentication
  /** Whether the halves of the Basic header are form-encoded first. */
  readonly basicStyle: 'encoded' | 'raw'
}

/** The refusal of a client that is another, or comes another way. */
export function refusesClient(client: OAuth2Client, request: Entry, fields: Fields): Answer | undefined {
  const { clientId, clientSecret, clientAuthentication } = client
  const isBasic = clientAuthentication === 'client_secret_basic'
  const hasHeader = request.headers['authorization'] !== undefined
  if (hasHeader !== isBasic) return unknownClient('The client must authenticate by its registered method', hasHeader)
  if (fields.has('client_secret') !== (clientAuthentication === 'client_secret_post')) {
    return unknownClient('The client must authenticate by its registered method', hasHeader)
  }
  const [id, secret] = isBasic ? halves(request, client) : [fields.get('client_id'), fields.get('client_secret')]
  const isRight = id === clientId && (clientAuthentication === 'none' || secret === clientSecret)
  if (!isRight) return unknownClient('No such client, or not its secret', hasHeader)
  return fields.has('client_id') && fields.get('client_id') !== id
    ? refuse('invalid_request', 'client_id is another than that of the header')
    : undefined
}

function halves(request: Entry, { basicStyle }: OAuth2Client): readonly (string | undefined)[] {
  const pair = basicOf(request) ?? []
  return basicStyle === 'raw' ? pair : pair.map((half) => (ENCODED.test(half) ? formDecode(half) : undefined))
}

/** What form-encoding leaves: a half with anything else in it was sent raw. */
const ENCODED = /^(?:[\w*.+-]|%[0-9A-Fa-f]{2})*$/

function unknownClient(description: string, byHeader: boolean): Answer {
  const answer = refuse('invalid_client', description, 401)
  if (!byHeader) return answer
  return { ...answer, headers: { ...answer.headers, 'WWW-Authenticate': 'Basic realm="emulator"' } }
}
