// Credential types, derived from a definition.
import type { TokenError } from '../errors.ts'
import type { ProviderDefinition } from './definition.ts'

/** The argument of a function among the credentials: the request that it is called for. */
export interface CredentialRequest {
  /** The id of the provider. */
  readonly provider: string
  /** The credential `clientId`, where the provider has one. */
  readonly clientId?: string | undefined
  /** The URL of the token endpoint that all grants share. */
  readonly tokenEndpoint?: string | undefined
}

/** A value, or a function that is called for each attempt: for secrets that change, assertions, one-time codes. */
export type Credential = string | URL | ((request: CredentialRequest) => string | Promise<string>)

/** A function among the credentials that gives a token of another manager. */
export interface RenewableCredential {
  (request: CredentialRequest): Promise<string>
  /** Renews the token that was given last, after this refusal; gives whether there is another now. */
  readonly [RENEW]?: (refusal: TokenError) => Promise<boolean>
}

/** The key of {@link RenewableCredential}. */
export const RENEW: unique symbol = Symbol.for('tokenflight.renew') as never

const reserved = ['scope', 'refreshToken', 'token', 'type'] as const
const exchanged = ['code', 'codeVerifier', 'deviceCode'] as const

/** Placeholders that the library or the manager's own options fill, never `credentials`. */
export const RESERVED: readonly string[] = reserved

/** Placeholders that `exchangeCallback()` or `deviceAuthorization()` fills; they may also be given. */
export const EXCHANGED: readonly string[] = exchanged

type PlaceholderIn<S> = S extends `${string}{${infer H}}${infer Rest}` ? H | PlaceholderIn<Rest> : never

/** The placeholders of a value and of everything in it, as written: `name`, `name?`, `name=value`. */
type Placeholders<T> = T extends string
  ? PlaceholderIn<T>
  : T extends readonly (infer E)[]
    ? Placeholders<E>
    : T extends object
      ? { [K in keyof T]: Placeholders<T[K]> }[keyof T]
      : never

type NameOf<H> = H extends `${infer N}?` ? N : H extends `${infer N}=${string}` ? N : H
type NeededOf<H> = H extends `${string}?` | `${string}=${string}` ? never : H

/** The names of all placeholders in `T`. */
export type PlaceholderName<T> = NameOf<Placeholders<T>> & string

type Own<T, K extends PropertyKey> = T extends Record<K, infer V> ? V : object
type Shared<T, Mine> = { [K in Exclude<keyof T, keyof Mine>]: T[K] }

/** The templates of the requests of grant (or renewal) `S`: its own, and the shared ones that it does not replace. */
type Request<D extends ProviderDefinition, S> =
  | (S extends { url: infer U } ? U : Own<D['token'], 'url'>)
  | (S extends { basic: infer B } ? B : Own<D['token'], 'basic'>)
  | Own<S, 'params'>
  | Shared<Own<D['token'], 'params'>, Own<S, 'params'>>
  | Own<S, 'headers'>
  | Shared<Own<D['token'], 'headers'>, Own<S, 'headers'>>

type KeptIn<S> = S extends { answer: { keep: infer K } } | { callback: { keep: infer K } } ? keyof K & string : never

/** Names of the fields kept after grant `S`. */
export type Kept<D extends ProviderDefinition, S = unknown> =
  KeptIn<D['token']> | KeptIn<S> | KeptIn<D['renewal']> | KeptIn<D['authorize']>

/** The grants of a provider, by name. */
export type GrantName<D extends ProviderDefinition> = Extract<keyof D['grants'], string>

type GrantPlaceholders<D extends ProviderDefinition, G> = Placeholders<
  | D['api']
  | Own<D, 'headers'>
  | (G extends keyof D['grants'] ? Request<D, D['grants'][G]> : never)
  | (D['renewal'] extends object ? Request<D, D['renewal']> : never)
>

/** The grants that a manager may use: `refresh_token` starts from a refresh token among the credentials. */
export type GrantChoice<D extends ProviderDefinition> =
  GrantName<D> | (D['renewal'] extends object ? 'refresh_token' : never)

/** The grants that a manager may mean without naming one. */
export type DefaultGrant<D extends ProviderDefinition> = [GrantName<D>] extends [never] ? GrantChoice<D> : GrantName<D>

type ReservedIn<G> = Exclude<(typeof reserved)[number], G extends 'refresh_token' ? 'refreshToken' : never>

type Wanted<D extends ProviderDefinition, G, H> = Exclude<
  H,
  ReservedIn<G> | Kept<D, G extends keyof D['grants'] ? D['grants'][G] : unknown>
> &
  string

/** The same type, shown by its fields in a compiler's message. */
type Flat<T> = T extends infer U ? { [K in keyof U]: U[K] } : never

/** Names of the credentials that grant `G` requires. */
type NeededName<D extends ProviderDefinition, G> = Exclude<
  Wanted<D, G, NeededOf<GrantPlaceholders<D, G>>>,
  (typeof exchanged)[number]
>
type OfferedName<D extends ProviderDefinition, G> = Exclude<
  Wanted<D, G, NameOf<GrantPlaceholders<D, G>>> | ElsewhereName<D>,
  NeededName<D, G>
>

/** Names of the credentials that only the other endpoints of a provider have, or none of its requests. */
type ElsewhereName<D extends ProviderDefinition> =
  | Exclude<
      Known<
        PlaceholderName<Own<D, 'authorize'> | Own<D, 'inspect'> | Own<D, 'revoke'> | Own<D, 'deviceAuthorization'>>
      >,
      (typeof reserved)[number] | (typeof exchanged)[number] | 'state' | 'codeChallenge' | Kept<D>
    >
  | (D extends { otherCredentials: readonly (infer N extends string)[] } ? Known<N> : never)

/** The names, or none where the compiler does not know the text. */
type Known<Name extends string> = string extends Name ? never : Name

/**
 * The credentials that grant `G` of provider `D` and the renewal after it need. Any record for a definition whose text the compiler does
 * not know, for example one read from a file.
 */
export type Credentials<
  D extends ProviderDefinition,
  G extends GrantName<D> | 'refresh_token' = GrantName<D>,
> = string extends keyof D['grants']
  ? Readonly<Record<string, Credential>>
  : G extends string
    ? Flat<Readonly<Record<NeededName<D, G>, Credential>> & Readonly<Partial<Record<OfferedName<D, G>, Credential>>>>
    : never

type PromptGrant<D extends ProviderDefinition> = D['prompt'] extends { grant: infer P } ? P : never

type Carried<D extends ProviderDefinition> = D['prompt'] extends { carry: infer C } ? keyof C : never

/** The values that `onPrompt` gives: those that the answering grant needs beside the credentials of grant `G` and the carried fields. */
export type PromptAnswer<
  D extends ProviderDefinition,
  G extends GrantName<D> = GrantName<D>,
> = string extends keyof D['grants']
  ? Readonly<Record<string, string>>
  : Flat<Readonly<Record<Exclude<NeededName<D, PromptGrant<D>>, NeededName<D, G> | Carried<D>>, string>>>
