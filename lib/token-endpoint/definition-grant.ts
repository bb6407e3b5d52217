// Interprets a provider definition as a `TokenGrant`: which requests there are, what they need, and what identifies the session.
import { type Credential, RENEW, type RenewableCredential } from '../definitions/credentials.ts'
import type { Endpoint, Grant, Param, ProviderDefinition, TokenRequest } from '../definitions/definition.ts'
import { invalidKept, type KeptFields } from '../definitions/kept.ts'
import { fillText, placeholdersIn, type ResolvedValues } from '../definitions/template.ts'
import { validateDefinition } from '../definitions/validate-definition.ts'
import { invalidWord, ReauthenticationRequiredError } from '../errors.ts'
import type {
  AccountOptions,
  AuthorizationExpectation,
  AuthorizationRequest,
  EndpointName,
  GrantCall,
  GrantInterpreter,
  GrantResult,
  PendingPrompt,
  RenewalInput,
  RevocableTokens,
  TokenGrant,
  TokenRequestsVia,
  Values,
} from '../token/token-grant.ts'
import type { ResourceServer } from '../definitions/resource-server.ts'
import { callable, checkOne, object } from '../util/check-options.ts'
import type { Clock } from '../util/clock.ts'
import { parseResources } from '../util/url.ts'
import { AuthorizationRequests } from './authorization.ts'
import { RENEWAL, requestTemplate, requestUrl } from './build-request.ts'
import { checkCredentials, fillIfKnown, textsOf } from './check-credentials.ts'
import { fetchTransport } from './fetch-transport.ts'
import { callEndpoint, endpointOf } from './other-endpoints.ts'
import { requestToken } from './request-token.ts'
import { resourceServerConfig } from './resource-server-config.ts'
import { readTokenResponse } from './token-response.ts'
import type { TokenTransport } from './transport.ts'

/** The interpreter that `defineProvider()` and `oauth2()` attach to a definition. */
export const interpretDefinition: GrantInterpreter = (given, options) => {
  const definition = given as ProviderDefinition
  const { resources, dangerouslyAllowInsecureHttp: insecure, clock } = options
  validateDefinition(definition, insecure)
  parseResources(resources ?? [], insecure)
  const grant = grantOf(definition, options.grant)
  const transport = transportOf(options.via)
  return (own) => new DefinitionGrant(definition, grant, own, { resources, insecure, transport, clock })
}

/** Options that the grants of all accounts share. */
interface SharedOptions {
  readonly resources: readonly (string | URL)[] | undefined
  readonly insecure: boolean
  readonly transport: TokenTransport
  readonly clock: Clock
}

function transportOf({ transport, fetch }: TokenRequestsVia): TokenTransport {
  if (!transport) return fetchTransport({ fetch })
  const made = transport()
  checkOne('transport', made, callable)
  return made as TokenTransport
}

function grantOf({ grants, renewal }: ProviderDefinition, grant: string | undefined): string {
  const named = Object.keys(grants)
  const choice = renewal && needs(renewal, 'refreshToken') ? [...named, RENEWAL] : named
  const chosen = grant ?? (named.length < 2 ? choice[0] : undefined)
  if (chosen === undefined || !choice.includes(chosen)) {
    throw invalidWord('grant', choice, grant)
  }
  return chosen
}

function needs(grant: Grant | undefined, placeholder: string): boolean {
  return placeholdersIn(grant).some(({ name }) => name === placeholder)
}

const CLIENT_CREDENTIALS = 'client_credentials'

class DefinitionGrant implements TokenGrant {
  readonly name: string
  readonly identity: string
  readonly resourceServer: ResourceServer
  readonly #definition: ProviderDefinition
  readonly #values: Values
  readonly #options: SharedOptions
  readonly #texts: ResolvedValues
  #authorization: AuthorizationRequests | undefined

  constructor(definition: ProviderDefinition, grant: string, own: AccountOptions, options: SharedOptions) {
    const { account, scope, credentials } = own
    checkOne('credentials', credentials, object)
    checkCredentials(definition, grant, credentials as Values)
    this.#definition = definition
    const { separator = ' ' } = definition.scopes ?? {}
    this.#values = { ...(credentials as Values), scope: scope?.split(' ').join(separator) }
    this.#options = options
    this.name = grant
    this.#texts = textsOf(this.#values)
    this.identity = this.#identify(account)
    this.resourceServer = {
      ...resourceServerConfig({ provider: definition, values: this.#values, resources: options.resources }),
      dangerouslyAllowInsecureHttp: options.insecure,
    }
  }

  get provider(): string {
    return this.#definition.id
  }

  get slot(): string {
    const { params } = this.#template
    const { scope } = this.#values
    const own = typeof scope === 'string' ? scope : (this.#text(params?.['scope']) ?? '')
    const target = ['resource', 'audience'].flatMap((name) => this.#text(params?.[name]) ?? [])
    return target.length === 0 ? own : JSON.stringify([own, ...target])
  }

  get repeatable(): boolean {
    const { renewal } = this.#definition
    // A refresh token that rotates is spent by its first use.
    if (this.name === RENEWAL) return renewal?.repeatable ?? renewal?.refreshToken !== 'rotates'
    return this.#grant?.repeatable !== false
  }

  get unattended(): boolean {
    return !['code', 'deviceCode'].some((name) => this.#values[name] === undefined && this.#needs(name))
  }

  get renewWithin(): number | undefined {
    const { within } = this.#definition.renewal ?? {}
    return within && within * 1000
  }

  readonly again = 'the token endpoint gave the token again that a resource server had rejected'

  get howToBegin(): string {
    if (this.#needs('deviceCode')) return 'show a person the code that deviceAuthorization() gives'
    return this.#definition.authorize
      ? 'send a person to authorizationUrl(), then call exchangeCallback() with the URL they came back to'
      : 'call adopt() with the answer of a login'
  }

  get personal(): boolean {
    return this.name !== CLIENT_CREDENTIALS && this.#template.params?.['grant_type'] !== CLIENT_CREDENTIALS
  }

  proof(): string | undefined {
    if (!this.repeatable) return undefined
    const names = placeholdersIn(this.#grant?.params).map(({ name }) => name)
    const proof = names.flatMap((name): [string, Credential][] => {
      const value = this.#values[name]
      return NO_PROOF.has(name) || typeof value !== 'string' ? [] : [[name, value]]
    })
    return proof.length === 0 ? undefined : JSON.stringify(proof.sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  canRefresh({ refreshToken, accessToken }: RenewalInput): boolean {
    const { renewal } = this.#definition
    if (!renewal) return false
    const names = placeholdersIn(renewal).map(({ name }) => name)
    if (names.includes('refreshToken') && refreshToken === undefined) return false
    return !names.includes('token') || accessToken !== undefined
  }

  refresh({ refreshToken, accessToken, kept }: RenewalInput, call: GrantCall): Promise<GrantResult> {
    return this.request(RENEWAL, { ...kept, refreshToken, token: accessToken }, call)
  }

  async obtain(call: GrantCall): Promise<GrantResult> {
    const result = await this.request(this.name, {}, call)
    if (result.kind !== 'failure' || !result.failure.refused) return result
    for (const value of Object.values(this.#values)) {
      const renew = typeof value === 'function' && (value as RenewableCredential)[RENEW]
      if (renew && (await renew(result.failure.error))) return this.request(this.name, {}, call)
    }
    return result
  }

  answer({ grant, carried }: PendingPrompt, answer: Values, call: GrantCall): Promise<GrantResult> {
    return this.request(grant, { ...carried, ...answer }, call)
  }

  request(grant: string, values: Values, call: GrantCall): Promise<GrantResult> {
    const { transport, clock } = this.#options
    return requestToken({
      ...call,
      provider: this.#definition,
      grant,
      values: { ...this.#values, ...values },
      transport,
      clock,
    })
  }

  authorizationUrl(values: Values, signal: AbortSignal): Promise<AuthorizationRequest> {
    return this.#requests.create(values, (pushed) => this.callEndpoint('pushedAuthorization', pushed, signal))
  }

  async exchangeCallback(
    callbackUrl: string | URL,
    expected: AuthorizationExpectation | undefined,
    call: GrantCall,
  ): Promise<GrantResult> {
    const response = await this.#requests.parseCallback(callbackUrl, expected)
    const result = await (response.kind === 'code'
      ? this.request(this.#codeGrant, response.values, call)
      : this.#readImplicit(response.fields))
    if (result.kind === 'token' && response.kind === 'code' && Object.keys(response.kept).length > 0)
      return { ...result, issued: { ...result.issued, kept: { ...response.kept, ...result.issued.kept } } }
    if (result.kind !== 'prompt') return result
    const message = 'the server asks for more, and onPrompt is not asked in an exchange; call adopt() with a new token'
    throw new ReauthenticationRequiredError(this.provider, message)
  }

  requireEndpoint(name: EndpointName): Endpoint {
    return endpointOf(this.#definition, name)
  }

  callEndpoint(name: EndpointName, values: Values, signal: AbortSignal): Promise<unknown> {
    const { transport } = this.#options
    return callEndpoint({ provider: this.#definition, name, values: { ...this.#values, ...values }, transport, signal })
  }

  invalidKept(kept: KeptFields): string | undefined {
    return invalidKept(this.#definition, kept)
  }

  async revoke({ refreshToken, accessTokens, kept }: RevocableTokens, signal: AbortSignal): Promise<void> {
    const { by } = this.requireEndpoint('revoke')
    // The refresh token first: with it the others can be had again. As a bearer token, it says nothing.
    const tokens = by === 'client' && refreshToken !== undefined ? [refreshToken, ...accessTokens] : accessTokens
    const refusals: unknown[] = []
    for (const token of tokens)
      await this.callEndpoint('revoke', { ...kept, token }, signal).catch((error: unknown) => refusals.push(error))
    if (refusals.length > 0) throw refusals[0]
  }

  get #requests(): AuthorizationRequests {
    return (this.#authorization ??= new AuthorizationRequests(this.#definition, this.#values, this.#options.clock))
  }

  /** @see RFC 6749, section 4.2.2 */
  async #readImplicit(fields: URLSearchParams): Promise<GrantResult> {
    const now = this.#options.clock.now()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const response = { status: 200, headers, text: fields.toString() }
    const context = { provider: this.#definition, grant: this.#codeGrant, sentAt: now, now, secrets: [] }
    return { ...(await readTokenResponse(response, context)), sentAt: now }
  }

  /** The manager's own grant where that takes a code, by whatever name. */
  get #codeGrant(): string {
    return this.#needs('code') ? this.name : 'authorization_code'
  }

  #needs(placeholder: string): boolean {
    return needs(this.#grant, placeholder)
  }

  get #grant(): Grant | undefined {
    const { grants, renewal } = this.#definition
    return this.name === RENEWAL ? renewal : grants[this.name]
  }

  #identify(account: string | undefined): string {
    const { url = '', basic, params } = this.#template
    const endpoint = requestUrl(this.#definition, url)
    const clientId = this.#text(params?.['client_id'] ?? basic?.[0]) ?? ''
    const names = [this.provider, fillIfKnown(endpoint, this.#texts) ?? endpoint, clientId, this.name]
    return JSON.stringify(account === undefined ? names : [...names, account])
  }

  get #template(): TokenRequest {
    return requestTemplate(this.#definition, this.name)
  }

  /** The text of a parameter, as far as it is known without calling functions. */
  #text(param: Param | null | undefined): string | undefined {
    if (param === undefined || param === null) return undefined
    return typeof param === 'string' ? fillText(param, this.#texts) : JSON.stringify(param)
  }
}

/** Parameters that identify the client or the tokens, and prove no person. */
const NO_PROOF: ReadonlySet<string> = new Set([
  'clientId',
  'clientSecret',
  'clientAssertion',
  'scope',
  'resource',
  'audience',
])
