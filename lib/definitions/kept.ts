// Fields that a definition keeps of responses, and the values they may have where the definition uses them.
import { noneOf } from '../errors.ts'
import { isHeaderValue } from '../util/syntax.ts'
import type { KeptField, ProviderDefinition, Template } from './definition.ts'
import { firstText } from './json-path.ts'
import { placeholdersIn } from './template.ts'

/** Fields that came with a token, by placeholder name. */
export type KeptFields = Readonly<Record<string, string>>

type Values = Template | readonly Template[] | undefined

/** The fields of a body that are kept; undefined if one has a value that the definition does not allow. */
export function keptFields(
  definition: ProviderDefinition,
  body: unknown,
  keep: Readonly<Record<string, KeptField>>,
): KeptFields | undefined {
  const kept: Record<string, string> = {}
  for (const [name, field] of Object.entries(keep)) {
    const { at, is } = typeof field === 'string' ? { at: field, is: undefined } : field
    const value = firstText(body, at)
    if (value === undefined) continue
    const part = keptPart(definition, name, value, is)
    if (part === undefined) return undefined
    kept[name] = part
  }
  return kept
}

/** The part of a value that is kept: all of it, or the label that a placeholder of `is` stands for; undefined for one that is not allowed. */
export function keptPart(definition: ProviderDefinition, name: string, value: string, is: Values): string | undefined {
  const part = is === undefined ? value : [is].flat().flatMap((each) => partOf(value, each))[0]
  return part === undefined || expectedOf(definition, name, part) !== undefined ? undefined : part
}

const LABEL = /^[a-z\d](?:[\w-]{0,61}[a-z\d])?$/i

function partOf(value: string, template: Template): readonly string[] {
  const [before = '', after] = template.split(/\{\w+\}/)
  if (after === undefined) return value === template ? [value] : []
  const label = value.slice(before.length, -after.length || undefined)
  return before + label + after === value && LABEL.test(label) ? [label] : []
}

/** Why fields cannot be those kept by the definition, as the end of a message. */
export function invalidKept(definition: ProviderDefinition, kept: KeptFields): string | undefined {
  const names = Object.keys(keptBy(definition))
  for (const [name, value] of Object.entries(kept)) {
    const expected = names.includes(name) ? expectedOf(definition, name, value) : noneOf('field', names, name)
    if (expected !== undefined) return `kept.${name}: expected ${expected}`
  }
  return undefined
}

/** Says what was expected of a field where the definition uses it; undefined for a value that can stand there. */
export function expectedOf(definition: ProviderDefinition, name: string, value: string): string | undefined {
  const listed = listedValues(definition, name)
  if (listed) return listed.includes(value) ? undefined : `one of ${listed.join(', ')}`
  const isLabel = keptBy(definition)[name]?.some(hasPlaceholder) === true || hasName(name, hostsOf(definition))
  if (isLabel && !LABEL.test(value)) return 'one label of a host name, e.g. acme'
  const { headers, placement } = definition
  return !isHeaderValue(value) && hasName(name, [headers, placement]) ? 'text that a header can carry' : undefined
}

/** All values that a field may have, where the definition lists them; undefined for a field that may have others. */
export function listedValues(definition: ProviderDefinition, name: string): readonly string[] | undefined {
  const values = keptBy(definition)[name]?.map((is) => (is === undefined || hasPlaceholder(is) ? undefined : is)) ?? []
  return values.length > 0 && values.every((is) => is !== undefined) ? values.flat() : undefined
}

/** The fields that a definition keeps: what each response says of their values. */
export function keptBy({
  token,
  grants,
  renewal,
  authorize,
}: ProviderDefinition): Readonly<Record<string, readonly Values[]>> {
  const answers = [token, ...Object.values(grants), renewal].map((each) => each?.answer?.keep)
  const kept: Record<string, Values[]> = {}
  for (const keep of [...answers, authorize?.callback?.keep])
    for (const [name, field] of Object.entries<string | { readonly is: Values }>(keep ?? {}))
      (kept[name] ??= []).push(typeof field === 'string' ? undefined : field.is)
  return kept
}

/** The part of a URL of a definition that says which host is asked. */
export function hostOf(url = ''): string {
  return /^(?:[a-z]+:\/\/)?[^/]*/i.exec(url)?.[0] ?? ''
}

function hostsOf({ api, token, grants, renewal, ...others }: ProviderDefinition): readonly string[] {
  const { authorize, inspect, revoke, deviceAuthorization, pushedAuthorization } = others
  const endpoints = [authorize, inspect, revoke, deviceAuthorization, pushedAuthorization]
  return [api, ...[token, ...Object.values(grants), renewal, ...endpoints].map((each) => each?.url)].map(hostOf)
}

function hasPlaceholder(is: Values): boolean {
  return placeholdersIn(is).length > 0
}

function hasName(name: string, value: unknown): boolean {
  return placeholdersIn(value).some((placeholder) => placeholder.name === name)
}
