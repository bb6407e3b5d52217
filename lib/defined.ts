type Optional<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T]

/** `T` with what may be undefined left out instead. */
export type Defined<T> = Omit<T, Optional<T>> & { [K in Optional<T>]?: Exclude<T[K], undefined> }

/** The object without what is explicitly undefined. */
export function defined<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>
}
