// The run-time check of a definition: what the compiler cannot see, and everything for a definition that came as JSON.

import { invalidOption } from '../errors.ts'
import { callable, either, flag, isObject, list, number, oneOf, record, rule, shape, text, variant } from './rules.ts'
import type { Rules } from './rules.ts'
import type { Grant, ProviderDefinition } from './shape.ts'
import { A_URL, absolute, headers, pair, param, template, url } from './template-rules.ts'

const shared: Rules = {
  url,
  method: oneOf('POST', 'GET', 'PUT', 'DELETE'),
  encoding: oneOf('form', 'json', 'query'),
  headers,
  basic: pair,
  basicStyle: oneOf('raw', 'encoded'),
  params: record((value, path, insecure) => {
    if (value !== null) param(value, path, insecure)
  }),
}

const paths = either(text, list(text))
const status = rule('a status', (value) => Number.isInteger(value))
const matches = list(shape({ status: either(status, list(status)), at: paths, is: paths }))
const answer = shape({
  ok: matches,
  token: paths,
  type: paths,
  refresh: paths,
  scope: paths,
  lifetime: list(
    variant({
      in: shape({ in: paths, unit: oneOf('s', 'ms', 'min') }),
      at: shape({ at: paths, unit: oneOf('s', 'ms', 'iso') }),
      jwt: shape({ jwt: oneOf('exp') }),
      fixed: shape({ fixed: number }),
    }),
  ),
  renewIn: paths,
  keep: record(text),
})
const as = oneOf('seconds', 'date', 'epoch')
const errors = shape({
  code: paths,
  message: paths,
  uri: paths,
  denied: matches,
  wait: list(variant({ header: shape({ header: text, as }, 'as'), at: shape({ at: text, as }, 'as') })),
})
const grant: Rules = { ...shared, repeatable: flag, denied: matches, answer }
const endpoint = shape({ ...shared, by: oneOf('token', 'client') }, 'by', 'url')

const definitionRule = shape(
  {
    id: rule('a name', (value) => typeof value === 'string' && value !== ''),
    title: text,
    docs: text,
    api: absolute,
    token: shape({ ...shared, answer, errors }),
    grants: record(shape(grant), /^(?!refresh_token$)/),
    renewal: shape(
      {
        ...grant,
        refreshToken: oneOf('rotates', 'keeps', 'unknown'),
        accessToken: oneOf('dies', 'lives', 'extended', 'unknown'),
      },
      'refreshToken',
      'accessToken',
    ),
    prompt: shape({ when: matches, grant: text, carry: record(paths) }, 'when', 'grant', 'carry'),
    authorize: shape({ url, params: record(param), pkce: flag }, 'url', 'params'),
    placement: variant({
      header: shape({ header: text, value: template }, 'value'),
      query: shape({ query: text, value: template }),
      basic: shape({ basic: pair }),
    }),
    headers,
    open: list(text),
    refused: matches,
    errors,
    scopes: shape({ separator: text, known: list(text) }),
    inspect: endpoint,
    revoke: endpoint,
    custom: shape({ request: callable, answer: callable }),
  },
  'id',
  'title',
  'docs',
  'token',
  'grants',
)

/**
 * Checks a definition, or one spread from another. `insecure` lets its URLs be http beyond loopback.
 *
 * Throws a `TypeError` that names the place, e.g. `provider.grants.mfa.params.passcode`.
 */
export function checkDefinition(definition: ProviderDefinition, insecure = false): void {
  definitionRule(definition, 'provider', insecure)
  const { api, headers: apiHeaders, token, grants, renewal, placement, prompt, authorize, inspect, revoke } = definition
  if (Object.keys(grants).length === 0) throw invalidOption('provider.grants', 'at least one grant', grants)
  const requests: Readonly<Record<string, Grant>> = { ...grants, ...(renewal && { refresh_token: renewal }) }
  for (const [name, request] of Object.entries(requests)) checkRequest(definition, request, name)
  for (const [name, request] of Object.entries({ authorize, inspect, revoke })) {
    if (request) checkUrl(definition, request.url, `provider.${name}`)
  }
  if (prompt && !Object.hasOwn(grants, prompt.grant)) {
    throw invalidOption('provider.prompt.grant', `one of ${Object.keys(grants).join(', ')}`, prompt.grant)
  }
  const kept = [token, ...Object.values(requests)].flatMap((each) => Object.keys(each.answer?.keep ?? {}))
  const given = holesIn({ api, apiHeaders, token, grants }).filter((hole) => !kept.includes(hole))
  checkHoles('headers', apiHeaders, given)
  checkHoles('placement', placement, [...given, 'token', 'type'])
  checkHoles('renewal', renewal, [...given, ...kept, 'refreshToken', 'token', 'scope'])
}

function checkHoles(name: string, value: unknown, filled: readonly string[]): void {
  const unknown = holesIn(value).find((hole) => !filled.includes(hole))
  if (unknown)
    throw invalidOption(`provider.${name}`, `holes that something fills, and nothing fills {${unknown}}`, value)
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
  if (url === undefined || (url.startsWith('/') && api === undefined)) throw invalidOption(`${path}.url`, A_URL, url)
}

function holesIn(value: unknown): readonly string[] {
  return Array.from(JSON.stringify(value ?? null).matchAll(/\{(\w+)[}?=]/g), ([, name]) => name ?? '')
}
