// The provider's API configuration with credentials filled in.
import type { ProviderDefinition } from '../definitions/definition.ts'
import type { ResourceServer } from '../definitions/resource-server.ts'
import { fillText, placeholdersIn, type ResolvedValues } from '../definitions/template.ts'
import { invalidOption } from '../errors.ts'
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
  const root = api === undefined ? api : fillIfKnown(api, texts)
  return defined({
    resources: resources?.map(String) ?? (root === undefined ? [] : [root]),
    publicPaths,
    rejectedWhen,
    propagationDelay,
    placement: placement && filled(placement, texts),
    headers: headers && filled(headers, texts),
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
