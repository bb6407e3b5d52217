// The generic authorization server: accounts, authorization codes, token families, client authentication.
import { createHash } from 'node:crypto'
import { type IssuedToken, type IssueOptions, secretText, IssuedTokens } from '../../server/issued-tokens.ts'
import type { LoggedRequest } from '../../server/request-log.ts'
import { basicOf, type Fields, formDecode } from '../../server/request.ts'
import type { EmulatedResponse } from '../../server/response.ts'
import { type PublicJsonWebKey, type VerifiedAssertion, verifyAssertion } from './assertions.ts'
import { IdTokens } from './id-tokens.ts'
import { refuse } from './responses.ts'

/** A user of the server. */
export interface OAuth2Account {
  readonly username: string
  readonly password: string
}

/** Where servers differ. */
export interface OAuth2Switches {
  /** A refresh brings a new refresh token, and the old one is spent. */
  rotate: boolean
  /** The response to a spent refresh token: an error, an error and revocation of its token family, or the token it was exchanged for. */
  onReuse: 'refuse' | 'revoke-family' | 'grace'
  /** A refresh is the end of the access token before it. */
  refreshKills: boolean
  /** Refresh tokens come with the client_credentials grant, and extension grants, too. */
  alwaysRefresh: boolean
  /** A code is given only to those who send a PKCE challenge. */
  requirePkce: boolean
  /** Authorization requests must be pushed. @see RFC 9126, section 5 */
  requirePushed: boolean
  /** The person asked for consent says no. */
  denied: boolean
  /** Seconds between two polls of a device; undefined: the server does not say, and means five. */
  deviceInterval: number | undefined
  /** Where the metadata of the server are, below `/.well-known/`; undefined: nowhere. */
  metadata: 'oauth-authorization-server' | 'openid-configuration' | undefined
  /** The error with which valid tokens are rejected: 403 for the first, 401 for the second. */
  insufficient: 'insufficient_scope' | 'insufficient_user_authentication' | undefined
}

/** The authorization that a code stands for. */
export interface Consent {
  readonly account: string
  readonly scope: string
  readonly redirectUri: string
  readonly codeChallenge?: string | undefined
  /** Those that its tokens may be for. @see RFC 8707, section 2.1 */
  readonly resources?: readonly string[]
  /** Goes into the ID token. @see OpenID Connect Core 1.0, section 3.1.2.1 */
  readonly nonce?: string | undefined
}

/** An authorization request. */
export interface AskedConsent extends Consent {
  readonly state: string | undefined
  readonly prompt: string | undefined
}

interface Code extends Consent {
  readonly until: number
  redeemed: boolean
  issued?: IssuedToken
}

const CODE_LIFETIME = 600_000
const PUSHED_LIFETIME = 60_000
const DEVICE_INTERVAL = 5

/** A device that waits for a person. */
interface Device {
  readonly userCode: string
  readonly scope: string
  readonly until: number
  interval: number
  polledAt: number
  /** The account that has agreed; null after a refusal. */
  account?: string | null
  redeemed: boolean
}

export class OAuth2AuthorizationServer {
  readonly client: OAuth2Client
  readonly accounts: readonly OAuth2Account[]
  readonly scopes: readonly string[]
  readonly redirectUri: string
  readonly switches: OAuth2Switches
  readonly tokens: IssuedTokens
  readonly idTokens: IdTokens
  readonly #audiences: readonly string[]
  readonly #now: () => number
  readonly #usedAssertions = new Map<string, number>()
  readonly #codes = new Map<string, Code>()
  readonly #pushed = new Map<string, { readonly asked: AskedConsent; readonly until: number }>()
  readonly #devices = new Map<string, Device>()
  /** Of logins, by access token. */
  readonly #nonces = new Map<string, string | undefined>()
  /** Tokens issued from one grant, by each of its access tokens. */
  readonly #families = new Map<string, IssuedToken[]>()

  constructor(
    client: OAuth2Client,
    registration: Pick<OAuth2AuthorizationServer, 'accounts' | 'scopes' | 'redirectUri'>,
    issuer: string,
    switches: OAuth2Switches,
    now: () => number,
  ) {
    this.client = client
    this.accounts = registration.accounts
    this.scopes = registration.scopes
    this.redirectUri = registration.redirectUri
    this.#audiences = [`${issuer}/token`, issuer]
    this.idTokens = new IdTokens(issuer, now)
    this.switches = switches
    this.#now = now
    this.tokens = new IssuedTokens(
      { accessToken: () => secretText(32), refreshToken: () => secretText(48) },
      3_600,
      now,
    )
  }

  find(username: string | undefined): OAuth2Account | undefined {
    return this.accounts.find((account) => account.username === username)
  }

  /** Issues a token of the family of its parent. */
  issue(options: IssueOptions, parent?: IssuedToken): IssuedToken {
    const issued = this.tokens.issue(options)
    const family = this.#families.get(parent?.accessToken ?? '') ?? (parent ? [parent] : [])
    family.push(issued)
    this.#families.set(issued.accessToken, family)
    return issued
  }

  /** Revokes all tokens issued from the same grant. */
  revokeFamily(member: IssuedToken): void {
    for (const { accessToken, refreshToken } of this.#families.get(member.accessToken) ?? [member]) {
      this.tokens.revoke(accessToken)
      if (refreshToken !== undefined) this.tokens.revoke(refreshToken)
    }
  }

  /** Verifies a JSON Web Token that the client has signed: with its secret, or with a registered key. */
  verify(assertion: string, by: 'secret' | 'key', requiresId: boolean): VerifiedAssertion {
    const { keys, clientSecret } = this.client
    return verifyAssertion(assertion, {
      keys,
      ...(by === 'secret' && { secret: clientSecret }),
      audiences: this.#audiences,
      requiresId,
      now: this.#now(),
      used: this.#usedAssertions,
    })
  }

  /** A code good for one use, within ten minutes. */
  code(consent: Consent): string {
    const code = secretText(32)
    this.#codes.set(code, { ...consent, until: this.#now() + CODE_LIFETIME, redeemed: false })
    return code
  }

  /** Keeps a request for one use, within a minute. @see RFC 9126, section 2.2 */
  push(asked: AskedConsent): { readonly request_uri: string; readonly expires_in: number } {
    const requestUri = `urn:ietf:params:oauth:request_uri:${secretText(32)}`
    this.#pushed.set(requestUri, { asked, until: this.#now() + PUSHED_LIFETIME })
    return { request_uri: requestUri, expires_in: PUSHED_LIFETIME / 1_000 }
  }

  /** The request that was pushed; it is used up. */
  pushedRequest(requestUri: string): AskedConsent | undefined {
    const found = this.#pushed.get(requestUri)
    this.#pushed.delete(requestUri)
    return found && found.until > this.#now() ? found.asked : undefined
  }

  /** Whether tokens of a code are asked for more resources than it was consented to. @see RFC 8707, section 2.2 */
  exceeds(code = '', resources: readonly string[] = []): boolean {
    const granted = this.#codes.get(code)?.resources ?? []
    return granted.length > 0 && !resources.every((resource) => granted.includes(resource))
  }

  /** The ID token that goes with the token of a login, where `openid` is among its scopes. */
  idToken({ accessToken, account, scope }: IssuedToken): { readonly id_token?: string } {
    if (account === undefined || !this.#nonces.has(accessToken) || !scope?.split(' ').includes('openid')) return {}
    const [aud, nonce] = [this.client.clientId, this.#nonces.get(accessToken)]
    return { id_token: this.idTokens.issue({ sub: account, aud, nonce }) }
  }

  /** Codes for a device and for a person. @see RFC 8628, section 3.2 */
  device(scope: string): { readonly deviceCode: string; readonly userCode: string; readonly expiresIn: number } {
    const deviceCode = secretText(40)
    const letters = secretText(64)
      .toUpperCase()
      .replaceAll(/[^BCDFGHJKLMNPQRSTVWXZ]/g, '')
    const userCode = `${letters.slice(0, 4)}-${letters.slice(4, 8)}`
    const interval = this.switches.deviceInterval ?? DEVICE_INTERVAL
    const [polledAt, until] = [this.#now(), this.#now() + CODE_LIFETIME]
    this.#devices.set(deviceCode, { userCode, scope, until, interval, polledAt, redeemed: false })
    return { deviceCode, userCode, expiresIn: CODE_LIFETIME / 1_000 }
  }

  /** A person enters a code, and agrees as this account, or refuses. */
  decide(userCode: string, account: string | null): void {
    const device = [...this.#devices.values()].find((each) => each.userCode === userCode)
    if (!device) throw new Error('no device has this code')
    device.account = account
  }

  /** A poll of a device: the account and the scope, or the error. @see RFC 8628, section 3.5 */
  poll(deviceCode: string): { readonly account: string; readonly scope: string } | string {
    const device = this.#devices.get(deviceCode)
    if (!device || device.redeemed) return 'invalid_grant'
    if (device.until <= this.#now()) return 'expired_token'
    const isEarly = this.#now() - device.polledAt < device.interval * 1_000
    device.polledAt = this.#now()
    if (isEarly) {
      device.interval += 5
      return 'slow_down'
    }
    if (device.account === undefined) return 'authorization_pending'
    device.redeemed = true
    return device.account === null ? 'access_denied' : { account: device.account, scope: device.scope }
  }

  /** Exchanges a code; one used twice takes what it gave with it. @see RFC 6749, section 4.1.2; RFC 7636, section 4.6 */
  redeem(
    code: string,
    redirectUri: string | undefined,
    verifier: string | undefined,
    options: IssueOptions,
  ): IssuedToken | undefined {
    const found = this.#codes.get(code)
    if (found?.issued) this.revokeFamily(found.issued)
    if (!found || found.redeemed || found.until <= this.#now()) return undefined
    found.redeemed = true
    if (found.redirectUri !== redirectUri || !matchesChallenge(verifier, found.codeChallenge)) return undefined
    const { account, scope, nonce } = found
    found.issued = this.issue({ ...options, account, scope })
    this.#nonces.set(found.issued.accessToken, nonce)
    return found.issued
  }
}

function matchesChallenge(verifier: string | undefined, codeChallenge: string | undefined): boolean {
  if (verifier === undefined || codeChallenge === undefined) return verifier === codeChallenge
  const isVerifier = /^[\w.~-]{43,128}$/.test(verifier)
  return isVerifier && createHash('sha256').update(verifier).digest('base64url') === codeChallenge
}

// Client authentication. @see RFC 6749, section 2.3; RFC 7523, section 2.2

/**
 * How a client proves who it is, by its registered name.
 * @see RFC 7591, section 2; OpenID Connect Core 1.0, section 9
 */
export type ClientAuthentication =
  'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'client_secret_jwt' | 'none'

interface OAuth2Client {
  readonly clientId: string
  readonly clientSecret: string
  readonly clientAuthentication: ClientAuthentication
  /** Whether the halves of the Basic header are form-encoded first. */
  readonly basicStyle: 'encoded' | 'raw'
  /** Public keys of its assertions. */
  readonly keys: readonly PublicJsonWebKey[]
}

/** The parameters of client authentication. */
export const CLIENT_PARAMETERS = ['client_id', 'client_secret', 'client_assertion_type', 'client_assertion']

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const NO_CLIENT = 'No such client, or not its proof'

/** The error response to an unknown client, or to one that uses another authentication method. */
export function refusesClient(
  server: OAuth2AuthorizationServer,
  request: LoggedRequest,
  fields: Fields,
): EmulatedResponse | undefined {
  const { client } = server
  const { clientId, clientSecret, clientAuthentication: method } = client
  const hasHeader = request.headers['authorization'] !== undefined
  const used = {
    client_secret_basic: hasHeader,
    client_secret_post: fields.has('client_secret'),
    jwt: fields.has('client_assertion') || fields.has('client_assertion_type'),
  }
  const registered = method.endsWith('_jwt') ? 'jwt' : method
  if (Object.entries(used).some(([name, isUsed]) => isUsed !== (name === registered)))
    return unknownClient('The client must authenticate by its registered method', hasHeader)
  if (registered === 'jwt') return refusesAssertion(server, fields)
  // Client authentication may be left out beside the JWT bearer grant. @see RFC 7523, section 3.1
  if (method === 'none' && fields.get('grant_type') === JWT_BEARER && !fields.has('client_id')) return undefined
  const [id, secret] =
    method === 'client_secret_basic' ? halves(request, client) : [fields.get('client_id'), fields.get('client_secret')]
  const isRight = id === clientId && (method === 'none' || secret === clientSecret)
  if (!isRight) return unknownClient(NO_CLIENT, hasHeader)
  return fields.has('client_id') && fields.get('client_id') !== id
    ? refuse('invalid_request', 'client_id is another than that of the header')
    : undefined
}

export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'

/** @see RFC 7521, section 4.2; RFC 7523, section 3 */
function refusesAssertion(server: OAuth2AuthorizationServer, fields: Fields): EmulatedResponse | undefined {
  const { clientId, clientAuthentication } = server.client
  if (fields.get('client_assertion_type') !== ASSERTION_TYPE)
    return refuse('invalid_request', 'client_assertion_type is no JSON Web Token')
  const by = clientAuthentication === 'client_secret_jwt' ? 'secret' : 'key'
  const { claims, problem } = server.verify(fields.get('client_assertion') ?? '', by, true)
  if (!claims) return unknownClient(problem, false)
  const names = [claims['iss'], claims['sub'], fields.get('client_id') ?? clientId]
  return names.every((name) => name === clientId) ? undefined : unknownClient(NO_CLIENT, false)
}

function halves(request: LoggedRequest, { basicStyle }: OAuth2Client): readonly (string | undefined)[] {
  const pair = basicOf(request) ?? []
  return basicStyle === 'raw' ? pair : pair.map((half) => (ENCODED.test(half) ? formDecode(half) : undefined))
}

/** Characters of form-encoded text: a half with any other was sent raw. */
const ENCODED = /^(?:[\w*.+-]|%[0-9A-Fa-f]{2})*$/

function unknownClient(description: string, byHeader: boolean): EmulatedResponse {
  const answer = refuse('invalid_client', description, 401)
  if (!byHeader) return answer
  return { ...answer, headers: { ...answer.headers, 'WWW-Authenticate': 'Basic realm="emulator"' } }
}
