// Helpers for plain objects.

type Optional<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T]

/** `T` with what may be undefined left out instead. */
type Defined<T> = Omit<T, Optional<T>> & { [K in Optional<T>]?: Exclude<T[K], undefined> }

/** The object without what is explicitly undefined. */
export function defined<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>
}

/** An object whose fields are not known. */
export type Fields = Readonly<Record<string, unknown>>

/** Whether the value is an object, and no array. */
export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
