// The run-time check of a definition, for everything the compiler cannot see and for definitions read from JSON.
import { invalidOption } from '../errors.ts'
import { isObject } from '../util/objects.ts'
import type { Grant, ProviderDefinition } from './definition.ts'
import {
  URL_TEMPLATE,
  CALLABLE,
  checkSchema,
  FLAG,
  LINK,
  NAME,
  PAIR,
  PARAM,
  PATHS,
  type Schema,
  SECONDS,
  STATUS,
  TEMPLATE,
  TEXT,
} from './schema.ts'

const TEMPLATES: Schema = { '*': TEMPLATE }
const REQUEST = {
  url: LINK,
  method: 'POST|GET|PUT|DELETE',
  encoding: 'form|json|query',
  headers: TEMPLATES,
  basic: PAIR,
  basicStyle: 'raw|encoded',
  params: { '*': PARAM },
}
const MATCHES: Schema = [{ status: STATUS, at: PATHS, is: PATHS }]
const ANSWER: Schema = {
  ok: MATCHES,
  token: PATHS,
  type: PATHS,
  refresh: PATHS,
  scope: PATHS,
  lifetime: [{ '!': 'in|at|jwt|fixed', in: PATHS, at: PATHS, unit: 's|ms|min|iso', jwt: 'exp', fixed: SECONDS }],
  renewIn: PATHS,
  keep: { '*': TEXT },
}
const ERRORS: Schema = {
  code: PATHS,
  message: PATHS,
  uri: PATHS,
  denied: MATCHES,
  wait: [{ '!': 'header|at', header: TEXT, at: TEXT, 'as!': 'seconds|date|epoch' }],
}
const GRANT = { ...REQUEST, repeatable: FLAG, denied: MATCHES, answer: ANSWER }
const ENDPOINT: Schema = { ...REQUEST, 'by!': 'token|client' }

const DEFINITION: Schema = {
  'id!': NAME,
  'title!': TEXT,
  'docs!': TEXT,
  api: URL_TEMPLATE,
  'token!': { ...REQUEST, answer: ANSWER, errors: ERRORS },
  'grants!': { '*': GRANT },
  renewal: {
    ...GRANT,
    'refreshToken!': 'rotates|keeps|unknown',
    'accessToken!': 'dies|lives|extended|unknown',
  },
  prompt: { 'when!': MATCHES, 'grant!': TEXT, 'carry!': { '*': PATHS } },
  authorize: { url: LINK, 'params!': { '*': PARAM }, pkce: FLAG },
  placement: { '!': 'header|query|basic', header: TEXT, query: TEXT, value: TEMPLATE, basic: PAIR },
  headers: TEMPLATES,
  publicPaths: [TEXT],
  rejectedWhen: MATCHES,
  errors: ERRORS,
  scopes: { separator: TEXT, known: [TEXT] },
  inspect: ENDPOINT,
  revoke: ENDPOINT,
  custom: { request: CALLABLE, answer: CALLABLE },
}

/**
 * Checks a definition, or one spread from another. `insecure` lets its URLs be http beyond loopback.
 *
 * Throws a `TypeError` that names the place, e.g. `provider.grants.mfa.params.passcode`.
 */
export function validateDefinition(definition: ProviderDefinition, insecure = false): void {
  checkSchema(definition, DEFINITION, 'provider', insecure)
  const { api, headers: apiHeaders, token, grants, renewal, placement, prompt, authorize, inspect, revoke } = definition
  const names = Object.keys(grants)
  if (names.length === 0 || names.includes('refresh_token')) {
    throw invalidOption('provider.grants', 'at least one grant, and none named refresh_token', grants)
  }
  if (placement && 'header' in placement) checkSchema(placement.value, TEMPLATE, 'provider.placement.value')
  const requests: Readonly<Record<string, Grant>> = { ...grants, ...(renewal && { refresh_token: renewal }) }
  for (const [name, request] of Object.entries(requests)) checkRequest(definition, request, name)
  for (const [name, request] of Object.entries({ authorize, inspect, revoke })) {
    if (request) checkUrl(definition, request.url, `provider.${name}`)
  }
  if (prompt && !names.includes(prompt.grant)) {
    throw invalidOption('provider.prompt.grant', `one of ${names.join(', ')}`, prompt.grant)
  }
  const kept = [token, ...Object.values(requests)].flatMap((each) => Object.keys(each.answer?.keep ?? {}))
  const given = placeholderNames({ api, apiHeaders, token, grants }).filter(
    (placeholder) => !kept.includes(placeholder),
  )
  checkPlaceholders('headers', apiHeaders, given)
  checkPlaceholders('placement', placement, [...given, 'token', 'type'])
  checkPlaceholders('renewal', renewal, [...given, ...kept, 'refreshToken', 'token', 'scope'])
}

function checkPlaceholders(name: string, value: unknown, filled: readonly string[]): void {
  const unknown = placeholderNames(value).find((placeholder) => !filled.includes(placeholder))
  if (unknown)
    throw invalidOption(`provider.${name}`, `placeholders that something fills, and nothing fills {${unknown}}`, value)
}

function checkRequest(definition: ProviderDefinition, request: Grant, name: string): void {
  const { token } = definition
  const path = name === 'refresh_token' ? 'provider.renewal' : `provider.grants.${name}`
  checkUrl(definition, request.url ?? token.url, path)
  if ((request.encoding ?? token.encoding) === 'json') return
  const tree = Object.entries({ ...token.params, ...request.params }).find(([, value]) => isObject(value))
  if (tree) throw invalidOption(`${path}.params.${tree[0]}`, 'no tree, which only JSON can carry', tree[1])
}

/** A relative URL needs the root of the API. */
function checkUrl({ api }: ProviderDefinition, url: string | undefined, path: string): void {
  if (url === undefined || (url.startsWith('/') && api === undefined))
    throw invalidOption(`${path}.url`, URL_TEMPLATE, url)
}

function placeholderNames(value: unknown): readonly string[] {
  return Array.from(JSON.stringify(value ?? null).matchAll(/\{(\w+)[}?=]/g), ([, name]) => name ?? '')
}
