// Wrong versions of a definition: each differs in one field that its flow uses.
import type { Param, ProviderDefinition, TokenRequest } from '../../lib/providers.ts'
import { isRequired, placeholdersIn } from '../../lib/definitions/template.ts'
import type { Flow } from '../../spec/catalogue/flow.ts'
import type { Row } from '../../spec/catalogue/table.ts'

/** A wrong definition, and a description of its difference. */
export interface Mutation {
  readonly kind: string
  readonly difference: string
  readonly provider: ProviderDefinition
}

type Params = Readonly<Record<string, Param | null>>
type Change = (change: (request: TokenRequest) => object) => ProviderDefinition

/** The wrong versions of the definition of a row. */
export function mutationsOf(flow: Flow, { options, values }: Row): readonly Mutation[] {
  const { provider, scope } = options
  const { token, grants, renewal, authorize, deviceAuthorization: device, headers, placement } = provider
  const grant = options.grant ?? Object.keys(grants)[0] ?? 'refresh_token'
  const renews = flow.renew !== null && flow.renew !== 'again'
  const filled = new Set([
    ...Object.keys({ ...options.credentials, ...values }),
    ...(scope === undefined ? [] : ['scope']),
    ...['state', 'code', 'token', 'refreshToken', 'deviceCode'],
    ...(authorize?.pkce ? ['codeChallenge', 'codeVerifier'] : []),
  ])
  const isSent = (text: unknown): boolean =>
    placeholdersIn(text).every((each) => isRequired(each) || each.fallback !== undefined || filled.has(each.name))

  const found: Mutation[] = []
  const add = (kind: string, difference: string, change: object): void => {
    found.push({ kind, difference, provider: { ...provider, ...change } })
  }

  const requests: [place: string, request: TokenRequest, change: Change][] = [
    ['token', token, (change) => ({ ...provider, token: { ...token, ...change(token) } })],
  ]
  const own = grants[grant]
  if (own)
    requests.push([
      grant,
      own,
      (change) => ({ ...provider, grants: { ...grants, [grant]: { ...own, ...change(own) } } }),
    ])
  if (renewal && (renews || !own))
    requests.push(['renewal', renewal, (change) => ({ ...provider, renewal: { ...renewal, ...change(renewal) } })])

  if (device && flow.device)
    requests.push([
      'device authorization',
      device,
      (change) => ({ ...provider, deviceAuthorization: { ...device, ...change(device) } }),
    ])

  for (const [place, { url, params = {}, headers: sent = {} }, change] of requests) {
    const push = (kind: string, difference: string, changes: object): void => {
      found.push({ kind, difference: `${place}: ${difference}`, provider: change(() => changes) })
    }
    if (url !== undefined && (place !== 'token' || (own ? own.url === undefined : renewal?.url === undefined)))
      push('URL', 'another URL', { url: `${url}x` })
    for (const [name, value] of Object.entries(params).filter(([, text]) => text !== null && isSent(text))) {
      // Skips a shared parameter that this request replaces or sets itself.
      if (place === 'token' && requests.slice(1).every(([, each]) => each.params?.[name] !== undefined)) continue
      const others = without(params, name)
      push('parameter missing', name, { params: others })
      push('parameter renamed', name, { params: { ...others, [`${name}_`]: value } })
    }
    for (const [name, text] of Object.entries(sent).filter(([, each]) => isSent(each))) {
      const others = without(sent, name)
      push('header missing', name, { headers: others })
      push('header renamed', name, { headers: { ...others, [`${name}-x`]: text } })
    }
  }

  const { method = 'POST', encoding = 'form', basic, params: shared = {} } = token
  const [user, password] = ['{clientId}', '{clientSecret}']
  add('method', method === 'GET' ? 'POST' : 'GET', { token: { ...token, method: method === 'GET' ? 'POST' : 'GET' } })
  if (method === 'POST' && flow.ask && !flow.ask.anybody) {
    const other = encoding === 'form' ? 'json' : 'form'
    add('encoding', other, { token: { ...token, encoding: other } })
    add('encoding', 'query', { token: { ...token, encoding: 'query' } })
  }
  if (basic) {
    const rest = without(token, 'basic')
    const body: Params = { ...shared, client_id: basic[0], client_secret: basic[1] }
    add('client authentication', 'in the body, not Basic', { token: { ...rest, params: body } })
    add('client authentication', 'none, not Basic', { token: rest })
  } else if (Object.values(shared).includes(password)) {
    const rest = Object.entries(shared).filter(([, text]) => text !== user && text !== password)
    add('client authentication', 'Basic, not in the body', {
      token: { ...token, params: Object.fromEntries(rest), basic: [user, password] },
    })
  }

  const [header = 'authorization'] = Object.keys(flow.api.headers)
  add('placement', 'another header', { placement: { header: `${header}-x`, value: '{token}' } })
  add('placement', 'in the query', { placement: { query: 'access_token' } })
  add('placement', 'another scheme', { placement: { header, value: 'Token {token}' } })
  if (placement) {
    const rest = without(provider, 'placement')
    found.push({ kind: 'placement', difference: 'the default', provider: rest })
  }
  for (const [name, text] of Object.entries(headers ?? {}).filter(([, each]) => isSent(each))) {
    const others = without(headers ?? {}, name)
    add('API header', `${name} missing`, { headers: others })
    add('API header', `${name} renamed`, { headers: { ...others, [`${name}-x`]: text } })
  }
  if (options.resources === undefined) add('API', 'another root', { api: 'https://api.elsewhere.example' })

  const answering = (answer: object): object => ({
    token: { ...token, answer: { ...token.answer, ...answer } },
    grants: Object.fromEntries(
      Object.entries(grants).map(([name, each]) => [
        name,
        each.answer ? { ...each, answer: { ...each.answer, ...answer } } : each,
      ]),
    ),
    ...(renewal?.answer && { renewal: { ...renewal, answer: { ...renewal.answer, ...answer } } }),
  })
  add('answer', 'another token', answering({ token: 'another_token' }))
  add('answer', 'a condition that fails', answering({ ok: [{ at: 'another_status', is: '0' }] }))
  add('lifetime', 'fixed', answering({ lifetime: [{ fixed: 1234 }] }))
  if (flow.lifetime !== null) {
    add('lifetime', 'none', answering({ lifetime: [{ in: 'another_lifetime' }] }))
    add('lifetime', 'minutes', answering({ lifetime: [{ in: ['expires_in', 'body.expires_in'], unit: 'min' }] }))
  }
  if (renews) {
    const rest = without(provider, 'renewal')
    found.push({ kind: 'renewal', difference: 'none', provider: rest })
    if (flow.refresh !== null && own) add('answer', 'another refresh token', answering({ refresh: 'another_token' }))
  }
  if (renewal?.within !== undefined) {
    const rest = without(renewal, 'within')
    add('renewal', 'not within the last week', { renewal: rest })
  }
  if (provider.rejectedWhen && flow.refused) add('rejection', 'no rule', { rejectedWhen: [] })
  if (provider.scopes?.separator !== undefined && typeof scope === 'object')
    add('scope', 'another separator', { scopes: { separator: ';' } })

  if (authorize && flow.authorize) {
    const { params, callback } = authorize
    const push = (kind: string, difference: string, changes: object): void => {
      add(kind, `authorize: ${difference}`, { authorize: { ...authorize, ...changes } })
    }
    push('URL', 'another URL', { url: `${authorize.url}x` })
    for (const [name, value] of Object.entries(params).filter(([, text]) => isSent(text))) {
      const others = without(params, name)
      push('parameter missing', name, { params: others })
      push('parameter renamed', name, { params: { ...others, [`${name}_`]: value } })
    }
    push('parameter too many', 'display', { params: { ...params, display: 'page' } })
    push('PKCE', authorize.pkce ? 'none' : 'S256', {
      pkce: !authorize.pkce,
      params: authorize.pkce
        ? Object.fromEntries(Object.entries(params).filter(([name]) => !name.startsWith('code_challenge')))
        : { ...params, code_challenge: '{codeChallenge}', code_challenge_method: 'S256' },
    })
    if (callback?.code !== undefined) push('callback', 'another code', { callback: { ...callback, code: 'code' } })
  }
  if (!flow.ask?.anybody)
    add('parameter too many', 'audience', { token: { ...token, params: { ...shared, audience_: 'x' } } })
  return found
}

/** The same object without one field. */
function without<T extends object, K extends string>(object: T, name: K): Omit<T, K> {
  const { ...copy } = object
  Reflect.deleteProperty(copy, name)
  return copy
}
