// The provider's API configuration with credentials filled in.
import type { ProviderDefinition } from '../definitions/definition.ts'
import { expectedOf, keptBy, type KeptFields, listedValues } from '../definitions/kept.ts'
import type { ResourceServer, TokenRoot } from '../definitions/resource-server.ts'
import {
  fillText,
  fillUrl,
  isRequired,
  type Placeholder,
  placeholdersIn,
  type ResolvedValues,
} from '../definitions/template.ts'
import { invalidOption, TokenResponseError } from '../errors.ts'
import { defined } from '../util/objects.ts'
import type { Values } from '../token/token-grant.ts'
import { fillIfKnown, textsOf } from './check-credentials.ts'

interface ResourceServerSettings {
  readonly provider: ProviderDefinition
  readonly values: Values
  readonly resources?: readonly (string | URL)[] | undefined
}

/** Fills what goes on API requests; throws a `TypeError` for a credential there that is a function and not text. */
export function resourceServerConfig({ provider, values, resources }: ResourceServerSettings): ResourceServer {
  const { api, publicPaths, headers, placement, rejectedWhen, propagationDelay } = provider
  const late = placeholdersIn([headers, placement]).find(({ name }) => typeof values[name] === 'function')
  if (late) throw invalidOption(`credentials.${late.name}`, 'text, for it goes on API requests', values[late.name])
  const texts = new Map([...textsOf(values), ['token', '{token}'], ['type', '{type}']])
  const names = Object.keys(keptBy(provider))
  const keptIn = (value: unknown): readonly Placeholder[] =>
    placeholdersIn(value).filter(({ name }) => names.includes(name))
  const inRoot = resources ? [] : keptIn(api)
  const inFields = keptIn([headers, placement])
  const root = api === undefined || inRoot.length > 0 ? undefined : fillIfKnown(api, texts)
  const fieldsWith = (all: ResolvedValues): Pick<ResourceServer, 'headers' | 'placement'> =>
    defined({ placement: placement && filled(placement, all), headers: headers && filled(headers, all) })
  const unfilled = inFields.map(({ name }) => [name, `{${name}}`] as const)
  return defined({
    resources: resources?.map(String) ?? (root === undefined ? [] : [root]),
    tokenRoot: api === undefined || inRoot.length === 0 ? undefined : tokenRoot(provider, api, inRoot, texts),
    publicPaths,
    rejectedWhen,
    propagationDelay,
    ...fieldsWith(new Map([...texts, ...unfilled])),
    fieldsOf:
      inFields.length === 0
        ? undefined
        : (kept: KeptFields) => fieldsWith(new Map([...texts, ...keptValues(provider, inFields, kept)])),
  })
}

/** The root of an API with placeholders of kept fields; undefined if others are not known either. */
function tokenRoot(
  provider: ProviderDefinition,
  api: string,
  placeholders: readonly Placeholder[],
  texts: ResolvedValues,
): TokenRoot | undefined {
  let patterns: readonly string[] = [api]
  for (const { name, ...placeholder } of placeholders) {
    const values = listedValues(provider, name) ?? ['*']
    const written = new RegExp(`\\{${name}(?:[?=][^}]*)?\\}`, 'g')
    patterns = patterns.flatMap((pattern) => [
      ...values.map((value) => pattern.replace(written, () => value)),
      ...(isRequired({ name, ...placeholder }) ? [] : [pattern]),
    ])
  }
  const filledPatterns = patterns.flatMap((pattern) => fillIfKnown(pattern, texts) ?? [])
  if (filledPatterns.length === 0) return undefined
  return {
    patterns: filledPatterns,
    of: (kept) =>
      fillUrl(api, new Map([...texts, ...keptValues(provider, placeholders, kept)]), (name, expected) =>
        invalid(provider, name, `is not ${expected}`),
      ),
  }
}

/** The fields of these placeholders; throws a `TokenResponseError` for one that is missing or cannot stand there. */
function keptValues(
  provider: ProviderDefinition,
  placeholders: readonly Placeholder[],
  kept: KeptFields,
): readonly (readonly [string, string])[] {
  return placeholders.flatMap((placeholder) => {
    const { name } = placeholder
    const value = Object.hasOwn(kept, name) ? kept[name] : undefined
    if (value === undefined) {
      if (!isRequired(placeholder)) return []
      throw invalid(provider, name, 'is missing: adopt() takes it in kept')
    }
    const expected = expectedOf(provider, name, value)
    if (expected !== undefined) throw invalid(provider, name, `is not ${expected}`)
    return [[name, value] as const]
  })
}

function invalid({ id }: ProviderDefinition, name: string, why: string): TokenResponseError {
  return new TokenResponseError(id, `the field ${name}, which came with the token, ${why}`, {
    reason: 'kept',
    status: 0,
  })
}

/** The texts of one object or list filled, one level deep. */
function filled<T extends object>(templates: T, texts: ResolvedValues): T {
  const entries = Object.entries(templates).map(([name, template]: [string, string | readonly string[]]) => [
    name,
    typeof template === 'string' ? fillText(template, texts) : template.map((each) => fillText(each, texts) ?? ''),
  ])
  return Object.fromEntries(entries.filter(([, text]) => text !== undefined)) as T
}
