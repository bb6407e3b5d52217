// NetSapiens' older token endpoint: a form, JSON served as a page, and a few grants of its own.

import { createHash } from 'node:crypto'
import type { Answer } from './answer.ts'
import type { Entry } from './log.ts'
import { FIELDS, refuse, type NetsapiensAccount, type NetsapiensDesk } from './netsapiens-desk.ts'
import { accessToken, grantOpaque, readGrant } from './netsapiens-tokens.ts'
import { secretText } from './secret-text.ts'
import { readForm } from './strict.ts'
import type { IssuedToken } from './token-book.ts'

const GRANTS = {
  ...FIELDS,
  masquerade: ['grant_type', 'client_id', 'client_secret', 'mask_uid', 'access_token'],
  // Horizon's: no client credentials.
  authorization_code: ['grant_type', 'code', 'code_verifier', 'username'],
}

/** Codes for the authorization_code grant. */
export class LegacyCodes {
  readonly #codes = new Map<string, { readonly username: string; readonly challenge: string }>()

  /** A code good for one use, as a person's consent gives it. `codeChallenge` is that of the S256 method. */
  issue(username: string, codeChallenge: string): string {
    const code = secretText(32)
    this.#codes.set(code, { username, challenge: codeChallenge })
    return code
  }

  /** @see RFC 7636, section 4.6 */
  redeem(code: string, username: string, verifier: string): boolean {
    const found = this.#codes.get(code)
    this.#codes.delete(code)
    const challenge = createHash('sha256').update(verifier).digest('base64url')
    return found?.username === username && found.challenge === challenge
  }
}

/** `POST /ns-api/oauth2/token/` */
export function legacyTokens(desk: NetsapiensDesk, codes: LegacyCodes, clientId: string): (request: Entry) => Answer {
  const success = (issued: IssuedToken, account: NetsapiensAccount): Answer => {
    const expires = String(Math.floor((issued.expiresAt ?? 0) / 1_000))
    const body = { ...accessToken(desk.tokens, issued, account, clientId), legacy: false, expires, rate_limit: '0' }
    return { status: 200, body }
  }
  const give = (grant: string, username: string): Answer => {
    const account = desk.find(username)
    return account ? success(desk.issue(grant, account, 'opaque'), account) : refuse(404, 'Not Found')
  }
  return (request) => {
    const { fields, problem } = readGrant(request, GRANTS, (from, { fields }) =>
      readForm(from, { fields: [...fields, 'format'] }),
    )
    if (!fields) return asPage(refuse(400, problem))
    const get = (name: string): string => fields.get(name) ?? ''
    const { grant = '' } = request
    if (grant === 'masquerade') {
      const refusal = desk.refusesClient(fields)
      if (refusal) return asPage(refusal)
      const isValid = desk.tokens.standing(get('access_token')) === 'valid'
      return asPage(isValid ? give(grant, get('mask_uid')) : refuse(401, 'Invalid access token'))
    }
    if (grant === 'authorization_code') {
      const isRight = codes.redeem(get('code'), get('username'), get('code_verifier'))
      return asPage(isRight ? give(grant, get('username')) : refuse(400, 'Invalid authorization code'))
    }
    return asPage(grantOpaque(desk, fields, grant, success))
  }
}

/** `GET /ns-api/oauth2/read` */
export function legacyRead(request: Entry, issued: IssuedToken): Answer {
  if (request.query.get('format') !== 'json') return refuse(400, 'format must be json')
  const { accessToken, scope, account, expiresAt = 0 } = issued
  const expires = String(Math.floor(expiresAt / 1_000))
  return asPage({ status: 200, body: { token: accessToken, expires, scope, uid: account } })
}

function asPage({ status, body }: Answer): Answer {
  return { status, headers: { 'Content-Type': 'text/html; charset=UTF-8' }, body: JSON.stringify(body) }
}
