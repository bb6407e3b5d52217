// The run-time check of a definition: rules that the compiler cannot check, and definitions read from JSON.
import { invalidOption, invalidWord } from '../errors.ts'
import { callable, type Check, duration, flag } from '../util/check-options.ts'
import { isObject } from '../util/objects.ts'
import type { Authorize, Endpoint, Grant, ProviderDefinition } from './definition.ts'
import {
  checkSchema,
  link,
  name,
  pair,
  param,
  paths,
  type Schema,
  seconds,
  status,
  template,
  text,
  urlTemplate,
} from './schema.ts'
import { hostOf, keptBy, listedValues } from './kept.ts'
import { isRequired, placeholdersIn } from './template.ts'

export const TEMPLATES: Schema = { '*': template }
const REQUEST = {
  url: link,
  method: 'POST|GET|PUT|DELETE',
  encoding: 'form|json|query',
  headers: TEMPLATES,
  basic: pair,
  basicStyle: 'raw|encoded',
  params: { '*': param },
}
const MATCHES: Schema = [{ '!': 'status|at', status: status, at: paths, is: paths }]
const isValues = (value: unknown): boolean =>
  [value].flat().length > 0 && [value].flat().every((each) => name[1](each) && template[1](each))
/** A field to keep: its place, or that with the values it may have. */
const keptField = (place: string, expected: string, isPlace: (value: unknown) => boolean): Check => [
  `${expected}, or { ${place}, is: text or a list of texts }`,
  (value) => isPlace(value) || (isObject(value) && isPlace(value[place]) && isValues(value['is'])),
]
const KEPT_FIELD = keptField('at', 'a path', text[1])
const CALLBACK_FIELD = keptField('name', 'the name of a parameter', name[1])
const ANSWER: Schema = {
  ok: MATCHES,
  token: paths,
  type: paths,
  refresh: paths,
  scope: paths,
  lifetime: [{ '!': 'in|at|jwt|fixed', in: paths, at: paths, unit: 's|ms|min|iso', jwt: 'exp', fixed: seconds }],
  renewIn: paths,
  keep: { '*': KEPT_FIELD },
}
const ERRORS: Schema = {
  code: paths,
  message: paths,
  uri: paths,
  denied: MATCHES,
  wait: [{ '!': 'header|at', header: text, at: text, 'as!': 'seconds|date|epoch' }],
}
const GRANT = { ...REQUEST, repeatable: flag, denied: MATCHES, answer: ANSWER }
const ENDPOINT: Schema = { ...REQUEST, 'by!': 'token|client' }

export const PLACEMENT: Schema = {
  '!': 'header|query|basic',
  header: text,
  query: text,
  value: template,
  basic: pair,
}

const DEFINITION: Schema = {
  'id!': name,
  'title!': text,
  'docs!': text,
  api: urlTemplate,
  'token!': { ...REQUEST, answer: ANSWER, errors: ERRORS },
  'grants!': { '*': GRANT },
  renewal: {
    ...GRANT,
    'refreshToken!': 'rotates|keeps|unknown',
    'accessToken!': 'dies|lives|extended|unknown',
    within: seconds,
  },
  prompt: { 'when!': MATCHES, 'grant!': text, 'carry!': { '*': paths } },
  authorize: {
    url: link,
    'params!': { '*': param },
    pkce: flag,
    issuer: [urlTemplate[0], (value, insecure) => [value].flat().every((each) => urlTemplate[1](each, insecure))],
    issParameterSupported: flag,
    callback: { code: name, keep: { '*': CALLBACK_FIELD } },
  },
  placement: PLACEMENT,
  headers: TEMPLATES,
  publicPaths: [text],
  rejectedWhen: MATCHES,
  propagationDelay: duration,
  errors: ERRORS,
  otherCredentials: [text],
  scopes: { separator: text, known: [text] },
  inspect: ENDPOINT,
  revoke: ENDPOINT,
  deviceAuthorization: ENDPOINT,
  pushedAuthorization: ENDPOINT,
  custom: { request: callable, answer: callable },
}

/**
 * Checks a definition, or one spread from another. `insecure` lets its URLs be http beyond loopback.
 *
 * Throws a `TypeError` that names the place, e.g. `provider.grants.mfa.params.passcode`.
 */
export function validateDefinition(definition: ProviderDefinition, insecure = false): void {
  checkSchema(definition, DEFINITION, 'provider', insecure)
  const { api, headers: apiHeaders, token, grants, renewal, placement, prompt, authorize, ...others } = definition
  const { inspect, revoke, deviceAuthorization, pushedAuthorization } = others
  const names = Object.keys(grants)
  if ((names.length === 0 && !renewal) || names.includes('refresh_token')) {
    const expected = 'at least one grant or a renewal, and no grant named refresh_token, which is the renewal'
    throw invalidOption('provider.grants', expected, grants)
  }
  if (placement && 'header' in placement) checkSchema(placement.value, template, 'provider.placement.value')
  const requests: Readonly<Record<string, Grant>> = { ...grants, ...(renewal && { refresh_token: renewal }) }
  for (const [name, request] of Object.entries(requests)) checkRequest(definition, request, name)
  for (const [name, request] of Object.entries({
    authorize,
    inspect,
    revoke,
    deviceAuthorization,
    pushedAuthorization,
  })) {
    if (request) checkUrl(definition, request.url, `provider.${name}`)
  }
  if (prompt && !names.includes(prompt.grant)) {
    throw invalidWord('provider.prompt.grant', names, prompt.grant)
  }
  const declared = keptBy(definition)
  const kept = Object.keys(declared)
  for (const [name, values] of Object.entries(declared)) checkKept(name, values.flat())
  const given = placeholderNames({ api, apiHeaders, token, grants }).filter(
    (placeholder) => !kept.includes(placeholder),
  )
  const open = kept.filter((name) => listedValues(definition, name) === undefined)
  checkHost('api', api, open)
  for (const [name, { url = token.url }] of Object.entries(requests)) {
    checkHost(name === 'refresh_token' ? 'renewal.url' : `grants.${name}.url`, url, open)
  }
  if (authorize) {
    const asked = [...given, ...(others.otherCredentials ?? []), 'redirectUri', 'scope', 'state', 'codeChallenge']
    checkAuthorize(authorize, grants, asked)
  }
  checkToken({ inspect, revoke })
  checkPlaceholders('headers', apiHeaders, [...given, ...kept])
  if (
    placement &&
    !('query' in placement && placement.value === undefined) &&
    !placeholderNames(placement).includes('token')
  )
    throw invalidOption('provider.placement', 'text with {token}', placement)
  checkPlaceholders('placement', placement, [...given, ...kept, 'token', 'type'])
  checkPlaceholders('renewal', renewal, [...given, ...kept, 'refreshToken', 'token', 'scope'])
}

function checkPlaceholders(name: string, value: unknown, filled: readonly string[]): void {
  const unknown = placeholderNames(value).find((placeholder) => !filled.includes(placeholder))
  if (unknown)
    throw invalidOption(
      `provider.${name}`,
      `placeholders that credentials or kept fields fill, not {${unknown}}`,
      value,
    )
}

/** Without a state and a proof no callback could be tied to its request; a proof that is sent half is refused by the server. */
function checkAuthorize(
  { url, params, pkce = false }: Authorize,
  grants: ProviderDefinition['grants'],
  filled: readonly string[],
): void {
  const names = placeholderNames(params)
  for (const name of ['state', ...(pkce ? ['codeChallenge'] : [])])
    if (!names.includes(name)) throw invalidOption('provider.authorize.params', `a parameter with {${name}}`, params)
  const withoutPkce = (place: string): TypeError =>
    invalidOption('provider.authorize.pkce', `true, for ${place}`, pkce || undefined)
  if (!pkce && names.includes('codeChallenge')) throw withoutPkce('a parameter has {codeChallenge}')
  for (const [name, { params: sent }] of Object.entries(grants)) {
    const proof = placeholdersIn(sent).find((placeholder) => placeholder.name === 'codeVerifier')
    if (!pkce && proof && isRequired(proof)) throw withoutPkce(`the grant ${name} has {codeVerifier}`)
    if (pkce && !proof && placeholderNames(sent).includes('code'))
      throw invalidOption(`provider.grants.${name}.params`, 'a parameter with {codeVerifier}, for authorize.pkce', sent)
  }
  checkPlaceholders(
    'authorize',
    placeholdersIn([url, params])
      .filter(isRequired)
      .map(({ name }) => `{${name}}`),
    filled,
  )
}

/** Checks values of a field to keep: a placeholder in one has the name of the field, which the label is kept under. */
function checkKept(name: string, values: readonly (string | undefined)[]): void {
  for (const is of values) {
    const others = placeholdersIn(is).filter((each) => each.name !== name || !isRequired(each))
    if (is !== undefined && (others.length > 0 || is.split(/\{\w+\}/).length > 2))
      throw invalidOption(
        `provider (the field ${name} to keep)`,
        `text without placeholders, or with one {${name}}`,
        is,
      )
  }
}

/** A host that a response names is held against the part of it that the definition writes. */
function checkHost(place: string, url: string | undefined, kept: readonly string[]): void {
  const host = hostOf(url)
  const name = placeholderNames(host).findLast((placeholder) => kept.includes(placeholder))
  if (name === undefined || /\}(?:\.[\w-]+){2,}(?::[^:]*)?$/.test(host)) return
  const expected = `a host that ends in the provider's domain, e.g. https://{${name}}.example.com, for a response fills {${name}} (or a list of its values, as \`is\` of the field)`
  throw invalidOption(`provider.${place}`, expected, url)
}

/** The client says which token an endpoint is about. */
function checkToken(endpoints: Readonly<Record<string, Endpoint | undefined>>): void {
  for (const [name, endpoint] of Object.entries(endpoints)) {
    if (endpoint?.by === 'client' && !placeholderNames(endpoint).includes('token'))
      throw invalidOption(`provider.${name}`, "a parameter with {token}, or by: 'token'", endpoint)
  }
}

function checkRequest(definition: ProviderDefinition, request: Grant, name: string): void {
  const { token } = definition
  const path = name === 'refresh_token' ? 'provider.renewal' : `provider.grants.${name}`
  checkUrl(definition, request.url ?? token.url, path)
  const code = placeholderNames(request).find((placeholder) => ['code', 'deviceCode'].includes(placeholder))
  if (code !== undefined && request.repeatable !== false)
    throw invalidOption(`${path}.repeatable`, `false, for {${code}} can be used once`, request.repeatable)
  if ((request.encoding ?? token.encoding) === 'json') return
  const tree = Object.entries({ ...token.params, ...request.params }).find(([, value]) => isObject(value))
  if (tree) throw invalidOption(`${path}.params.${tree[0]}`, 'no object, which only JSON can carry', tree[1])
}

/** Throws for a missing URL, and for a relative one without a root of the API. */
function checkUrl({ api }: ProviderDefinition, url: string | undefined, path: string): void {
  if (url === undefined || (url.startsWith('/') && api === undefined))
    throw invalidOption(`${path}.url`, urlTemplate[0], url)
}

function placeholderNames(value: unknown): readonly string[] {
  return placeholdersIn(value).map(({ name }) => name)
}
