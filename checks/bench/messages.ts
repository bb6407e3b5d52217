// What the bench and its server tell each other. Each measurement has a desk of its own at the server, so that no one's late requests
// are counted for another.
export interface DeskOrder {
  /** How the token endpoint behaves; `holds`: it answers all when it is told to give. @default 'gives' */
  readonly token?: 'gives' | 'holds' | 'down' | 'hangs' | 'invalid_grant'
  /** How long the token endpoint takes, in milliseconds. */
  readonly tokenDelay?: number
  /** What the API says of every token. @default 'judges' */
  readonly api?: 'judges' | 'refuses'
  /** Makes every token that has been given invalid. */
  readonly revoke?: true
}

export interface Counts {
  /** Requests at the token endpoint. */
  readonly token: number
  /** Requests at the API. */
  readonly resource: number
  /** Of those, the ones that were answered 401. */
  readonly refused: number
}

export type Order =
  | { readonly kind: 'set'; readonly id: number; readonly desk: string; readonly order: DeskOrder }
  | { readonly kind: 'counts'; readonly id: number; readonly desk: string }

export interface Reply {
  readonly id: number
  readonly counts: Counts
}

export interface Welcome {
  readonly url: string
}
