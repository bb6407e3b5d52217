// Helpers for plain objects.

type Optional<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T]

/** `T` with properties that may be undefined made optional. */
type Defined<T> = Omit<T, Optional<T>> & { [K in Optional<T>]?: Exclude<T[K], undefined> }

/** A copy without the properties whose value is undefined. */
export function defined<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>
}

/** The object without some of its fields. */
export function omit<T extends object, K extends keyof T>(object: T, ...names: readonly K[]): Omit<T, K> {
  const rest: Partial<T> = { ...object }
  for (const name of names) Reflect.deleteProperty(rest, name)
  return rest as Omit<T, K>
}

/** An object of unknown fields. */
export type Fields = Readonly<Record<string, unknown>>

/** Whether the value is an object other than an array. */
export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
