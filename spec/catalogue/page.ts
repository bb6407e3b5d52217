// docs/catalogue.md, made from the definitions: `npm run catalogue` writes it.
import * as catalogue from '../../lib/catalogue.ts'
import { EXCHANGED, RESERVED } from '../../lib/definitions/credentials.ts'
import type {
  Lifetime,
  Match,
  Paths,
  Placement,
  ProviderDefinition,
  TokenRequest,
} from '../../lib/definitions/definition.ts'
import { isRequired, type Placeholder, placeholdersIn } from '../../lib/definitions/template.ts'
import { RENEWAL, requestTemplate } from '../../lib/token-endpoint/build-request.ts'

const HEAD = `# Catalogue

Definitions of well-known providers, beside the five systems of \`tokenflight/providers\`:

\`\`\`ts
import { createTokenManager } from 'tokenflight'
import { hubspot } from 'tokenflight/catalogue/hubspot'

const tokens = createTokenManager({ provider: hubspot, credentials: { clientId, clientSecret, redirectUri } })
const request = await tokens.authorizationUrl()
\`\`\`

\`tokenflight/catalogue\` exports all of them by name, and bundlers keep those that are imported.

They are written from the providers' documentation as of November 2026 and **were not checked against the live services**. For each grant a
spec holds the consent URL and the callback, the token request, an API request, the lifetime, the renewal and the replay after a 401 to what is
documented. A provider that has changed, or differs for your kind of client, is corrected by spreading: \`defineProvider({ ...hubspot, ... })\`, see
[providers](providers.md).

Of the credentials, \`name?\` may be left out and \`name=value\` has a default. Where several grants are named, the manager needs \`grant\`;
\`grant: 'refresh_token'\` starts from a refresh token that is at hand. Servers that publish their metadata, such as Auth0, Entra, Keycloak and Okta, have more
grants than are listed: [\`discover()\`](providers.md) finds their endpoints.

| provider | \`tokenflight/catalogue/\` | grant | credentials | peculiarities |
| --- | --- | --- | --- | --- |
`

/** A row for each grant. */
function rowsOf(name: string, definition: ProviderDefinition): readonly string[] {
  const { id, title, docs, grants } = definition
  const path = id === name ? code(id) : `${code(id)}: ${code(name)}`
  const first = [`[${title}](${docs})`, path, peculiaritiesOf(definition).join('; ')]
  const names = Object.keys(grants)
  return (names.length > 0 ? names : [RENEWAL]).map((grant, index) => {
    const [provider, entry, peculiarities] = index === 0 ? first : ['', '', '']
    const cells = [provider, entry, code(grant), credentialsOf(definition, grant).map(code).join(', '), peculiarities]
    return `|${cells.map((cell) => (cell ? ` ${cell.replaceAll('|', String.raw`\|`)} |` : ' |')).join('')}\n`
  })
}

/** The credentials of a grant, of the consent before it and of the renewal after it, written as in templates. */
function credentialsOf(definition: ProviderDefinition, grant: string): readonly string[] {
  const { api, headers, placement, renewal, grants, authorize } = definition
  const requests = [grant, ...(renewal ? [RENEWAL] : [])].map((name) => requestTemplate(definition, name))
  const texts = requests.map(({ url, basic, headers, params }) => ({ url, basic, headers, params }))
  const isConsented = placeholdersIn(grants[grant]).some(({ name }) => name === 'code')
  const consent = isConsented ? placeholdersIn([authorize?.url, authorize?.params]).filter(isRequired) : []
  const filled = [
    ...['state', 'codeChallenge'],
    ...RESERVED.filter((name) => grant !== RENEWAL || name !== 'refreshToken'),
    ...EXCHANGED,
    ...Object.keys(keptBy(definition)),
  ]
  const written = new Map<string, string>()
  for (const placeholder of [...placeholdersIn([texts, api, headers, placement]), ...consent]) {
    const { name } = placeholder
    if (filled.includes(name)) continue
    if (!written.has(name) || isRequired(placeholder)) written.set(name, asWritten(placeholder))
  }
  return [...written.values()]
}

function asWritten({ name, optional, fallback }: Placeholder): string {
  return fallback === undefined ? `${name}${optional ? '?' : ''}` : `${name}=${fallback}`
}

/** The differences from RFC 6749 and RFC 6750, as far as an application or the reader of a log may notice them. */
function peculiaritiesOf(definition: ProviderDefinition): readonly string[] {
  const { api, token, grants, renewal, authorize, placement, headers, rejectedWhen, propagationDelay } = definition
  const requests = [token, ...Object.values(grants), ...(renewal ? [renewal] : [])]
  const answers = requests.map(({ answer }) => answer ?? {})
  const { separator } = definition.scopes ?? {}
  const keep = Object.entries(keptBy(definition))
  return distinct([
    api === undefined && '`resources` must be given',
    placeholdersIn([requests, authorize?.params]).some((each) => each.name === 'scope' && isRequired(each)) &&
      '`scope` must be given',
    authorize && authorize.pkce !== true && 'no PKCE',
    authorize?.callback?.code && `the code is ${code(authorize.callback.code)} in callbacks`,
    ...requests.map(({ method = 'POST' }) => method !== 'POST' && `token requests by ${method}`),
    ...requests.map(({ encoding = 'form' }) => encoding !== 'form' && `token requests as ${ENCODINGS[encoding]}`),
    ...requests.map(({ basicStyle }) => basicStyle === 'raw' && 'HTTP Basic without encoding'),
    ...requests.flatMap(renamed),
    ...requests.flatMap(({ headers = {} }) => Object.keys(headers)).map((name) => `${code(name)} on token requests`),
    ...answers.map(({ token }) => token !== undefined && `the token is ${place(token)}`),
    ...answers.map(({ refresh }) => refresh !== undefined && `the refresh token is ${place(refresh)}`),
    ...answers.map(({ lifetime }) => lifetime && `the lifetime is ${lifetime.map(lifetimeOf).join(', else ')}`),
    ...answers.map(({ ok }) => ok && `a success has ${ok.map(matchOf).join(' or ')}`),
    keep.length > 0 && `keeps ${keep.map(([name, from]) => `${code(name)} (${from})`).join(', ')}`,
    renewal?.accessToken === 'dies' && 'a renewal ends the token before',
    renewal?.accessToken === 'extended' && 'a renewal extends the token',
    placeholdersIn(renewal?.params).some(({ name }) => name === 'token') && 'a token renews itself',
    renewal?.within !== undefined && `renewed within the last ${days(renewal.within)}`,
    placement && placementOf(placement),
    ...Object.entries(headers ?? {}).map(([name, value]) => `${code(`${name}: ${value}`)} on API requests`),
    rejectedWhen && `a token is refused by ${rejectedWhen.map(matchOf).join(' or ')}`,
    propagationDelay !== undefined && `a new token may be refused for ${String(propagationDelay / 1000)} s`,
    separator !== undefined && `${code(separator)} between scopes`,
  ])
}

const ENCODINGS = { json: 'JSON', query: 'a query', form: '' }

function distinct(texts: readonly (string | false | undefined)[]): readonly string[] {
  return [...new Set(texts.filter((text) => typeof text === 'string' && text !== ''))] as string[]
}

/** Parameters of the standard that have another name here. */
function renamed({ params = {} }: TokenRequest): readonly string[] {
  return Object.entries(params).flatMap(([name, param]) => {
    const usual = typeof param === 'string' ? USUAL[param] : undefined
    return usual === undefined || usual === name ? [] : [`${code(name)} for ${code(usual)}`]
  })
}

const USUAL: Readonly<Record<string, string>> = {
  '{clientId}': 'client_id',
  '{clientSecret}': 'client_secret',
  '{code}': 'code',
  '{refreshToken}': 'refresh_token',
  '{username}': 'username',
  '{password}': 'password',
}

/** The fields that a definition keeps, and where they come from. */
function keptBy({ token, grants, renewal, authorize }: ProviderDefinition): Readonly<Record<string, string>> {
  const answers = [token, ...Object.values(grants), renewal].flatMap((each) => Object.entries(each?.answer?.keep ?? {}))
  const callbacks = Object.entries(authorize?.callback?.keep ?? {})
  return Object.fromEntries([
    ...answers.map(([name, from]) => [name, `${code(fieldOf(from))} of the token response`]),
    ...callbacks.map(([name, from]) => [name, `${code(fieldOf(from))} of the callback`]),
  ]) as Record<string, string>
}

function fieldOf(from: string | { readonly at: string } | { readonly name: string }): string {
  if (typeof from === 'string') return from
  return 'at' in from ? from.at : from.name
}

function lifetimeOf(lifetime: Lifetime): string {
  if ('fixed' in lifetime) return days(lifetime.fixed)
  if ('jwt' in lifetime) return 'that of the token, a JWT'
  const { unit = 's' } = lifetime
  return 'in' in lifetime
    ? `${place(lifetime.in)}${unit === 's' ? '' : ` in ${unit}`}`
    : `until ${place(lifetime.at)}${unit === 'iso' ? ', a date' : ''}`
}

function days(seconds: number): string {
  return seconds % 86_400 === 0 ? `${String(seconds / 86_400)} days` : `${String(seconds)} s`
}

function placementOf(placement: Placement): string {
  if ('header' in placement) return `the token goes in ${code(`${placement.header}: ${placement.value}`)}`
  return 'query' in placement
    ? `the token goes in the query, as ${code(placement.query)}`
    : 'the token goes in HTTP Basic'
}

function matchOf({ status, at, is }: Match): string {
  const statuses = [status ?? []].flat().join(' or ')
  const field = at === undefined ? '' : place(at) + (is === undefined ? '' : ` ${[is].flat().map(code).join(' or ')}`)
  return [statuses, field].filter(Boolean).join(' with ')
}

function place(paths: Paths): string {
  return [paths].flat().map(code).join(' or ')
}

function code(text: string): string {
  return `\`${text}\``
}

const PROVIDERS = Object.entries<ProviderDefinition>(catalogue).sort(([, a], [, b]) =>
  a.title.localeCompare(b.title, 'en'),
)

export const PAGE: string = HEAD + PROVIDERS.flatMap(([name, definition]) => rowsOf(name, definition)).join('')
