// Checks credentials at construction. Errors name the credential.
import { EXCHANGED, RESERVED } from '../definitions/credentials.ts'
import type { ProviderDefinition } from '../definitions/definition.ts'
import { fillUrl, isRequired, type Placeholder, placeholdersIn, type ResolvedValues } from '../definitions/template.ts'
import { invalidOption, unknownName } from '../errors.ts'
import type { Check } from '../util/check-options.ts'
import { isObject } from '../util/objects.ts'
import { urlAsText } from '../util/url.ts'
import { RENEWAL, requestTemplate, requestTexts } from './build-request.ts'

type Given = Readonly<Record<string, unknown>>

/**
 * Checks credentials against what a grant, the renewal after it and the API's own headers need.
 *
 * Throws a `TypeError` that names the credential, e.g. `credentials.clientSecret`.
 */
export function checkCredentials(definition: ProviderDefinition, grant: string, credentials: Given): void {
  const { api, headers, placement, token, grants, renewal, prompt, authorize, ...others } = definition
  const { inspect, revoke, deviceAuthorization, pushedAuthorization, otherCredentials = [] } = others
  const requests = [grant, ...(renewal ? [RENEWAL] : [])].map((name) =>
    requestTexts(definition, requestTemplate(definition, name)),
  )
  const answering = prompt && requestTexts(definition, requestTemplate(definition, prompt.grant))
  const kept = [token.answer, grants[grant]?.answer, renewal?.answer, authorize?.callback].flatMap((part) =>
    Object.keys(part?.keep ?? {}),
  )
  const reserved = grant === RENEWAL ? RESERVED.filter((name) => name !== 'refreshToken') : RESERVED
  const own = (value: unknown): readonly Placeholder[] =>
    placeholdersIn(value).filter(({ name }) => !reserved.includes(name) && !kept.includes(name))

  const needed = own([api, headers, placement, requests])
  const offered = own([answering, authorize, inspect, revoke, deviceAuthorization, pushedAuthorization])
  const known = new Set([...[...needed, ...offered].map(({ name }) => name), ...otherCredentials])
  for (const [name, value] of Object.entries(credentials)) {
    if (!known.has(name)) throw unknownName('credentials.', 'credential', [...known], [name, value])
    if (value !== undefined && value !== '') checkCredential(name, value)
  }
  for (const { name } of needed.filter(isRequired)) {
    if (EXCHANGED.includes(name)) continue
    const value = Object.hasOwn(credentials, name) ? credentials[name] : undefined
    checkCredential(name, value)
  }
  for (const { url } of requests) fillIfKnown(url, textsOf(credentials))
}

/** Text, a URL, or a function that gives text. */
export const credential: Check = [
  'text or a function',
  (value: unknown): boolean => ['string', 'function'].includes(typeof urlAsText(value)),
]

function checkCredential(name: string, value: unknown): void {
  const [general, holds] = credential
  if (value === '' || !holds(value)) {
    const isManager = isObject(value) && typeof value['renew'] === 'function'
    const expected = isManager ? 'tokenOf(manager), for the token of a manager' : general
    throw invalidOption(`credentials.${name}`, expected, value)
  }
}

/** The credentials that are text already. */
export function textsOf(credentials: Given): ResolvedValues {
  return new Map(
    Object.entries(credentials)
      .map(([name, value]) => [name, urlAsText(value)] as const)
      .filter((entry): entry is [string, string] => Boolean(entry[1]) && typeof entry[1] === 'string'),
  )
}

/** The URL, unless it takes more than is known; throws a `TypeError` that names a credential which cannot stand in it. */
export function fillIfKnown(url: string, texts: ResolvedValues): string | undefined {
  const known = placeholdersIn(url).every((placeholder) => !isRequired(placeholder) || texts.has(placeholder.name))
  return known
    ? fillUrl(url, texts, (placeholder, expected) =>
        invalidOption(`credentials.${placeholder}`, expected, texts.get(placeholder)),
      )
    : undefined
}
