// `defineProvider()`: checks a definition, at compile time and at run time, and freezes it.
import type { GrantName, PlaceholderName, Kept } from '../definitions/credentials.ts'
import type { ProviderDefinition } from '../definitions/definition.ts'
import { validateDefinition } from '../definitions/validate-definition.ts'
import { GRANT } from '../token/token-grant.ts'
import { interpretDefinition } from '../token-endpoint/definition-grant.ts'

/** The placeholders that credentials fill: those of the API root, of what is shared and of the grants. */
type CredentialName<D extends ProviderDefinition> = Exclude<
  PlaceholderName<D['api'] | D['headers'] | Omit<D['token'], 'answer' | 'errors'> | GrantText<D['grants']>>,
  KeptBy<D>
>

/** The names of the fields kept after any grant. */
type KeptBy<D extends ProviderDefinition> = Kept<D, D['grants'][keyof D['grants']]>

type GrantText<G> = { [K in keyof G]: Omit<G[K], 'answer'> }[keyof G]

/** Stands in a compiler's message for a text with a placeholder that nothing fills. */
interface UnknownPlaceholder<Name> {
  readonly placeholder: Name
}

/** Stands in a compiler's message for a carried field that the answering grant has no placeholder for. */
interface NoSuchPlaceholder<Name, Grant> {
  readonly placeholder: Name
  readonly grant: Grant
}

/** Stands in a compiler's message for the name of a grant that the provider does not have. */
interface NoSuchGrant<Grants> {
  readonly grants: Grants
}

/** `T`, but impossible where a text has a placeholder of another name. */
type Filled<T, Names> = T extends string
  ? [Exclude<PlaceholderName<T>, Names>] extends [never]
    ? T
    : UnknownPlaceholder<Exclude<PlaceholderName<T>, Names>>
  : T extends object
    ? { [K in keyof T]: Filled<T[K], Names> }
    : T

type CarriedBy<D extends ProviderDefinition, P> = undefined extends P
  ? unknown
  : P extends { grant: infer G extends keyof D['grants']; carry: infer C }
    ? {
        carry: {
          [K in keyof C]: K extends PlaceholderName<D['grants'][G] | D['token']> ? C[K] : NoSuchPlaceholder<K, G>
        }
      }
    : { grant: NoSuchGrant<GrantName<D>> }

/** The conditions of a definition beyond its shape. */
type CheckedDefinition<D extends ProviderDefinition> = {
  [K in keyof D]: K extends 'renewal'
    ? Filled<D[K], CredentialName<D> | KeptBy<D> | 'refreshToken' | 'token' | 'scope'>
    : K extends 'placement'
      ? Filled<D[K], CredentialName<D> | KeptBy<D> | 'token' | 'type'>
      : K extends 'prompt'
        ? CarriedBy<D, D['prompt']>
        : unknown
}

/**
 * Makes a provider from a definition: checked, and frozen with all its parts. A placeholder of `renewal` or `placement` that nothing fills,
 * and a prompt that no grant answers, are errors of the compiler.
 * @throws `TypeError` for an invalid definition: names the place in it
 */
export function defineProvider<const D extends ProviderDefinition>(definition: D & CheckedDefinition<D>): D {
  validateDefinition(definition)
  return freeze<D>(interpreted(definition))
}

/** The definition with its interpreter, which survives spreading. */
export function interpreted<D extends ProviderDefinition>(definition: D): D {
  return { ...definition, [GRANT]: interpretDefinition }
}

/** The value, frozen to its depth. */
export function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(freeze)
  }
  return value
}
