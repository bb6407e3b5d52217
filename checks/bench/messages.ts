// Messages between the bench and its server process.

export interface Behaviour {
  /** `holds`: responds once it is set to `issues`; `fails`: status 500; `hangs`: no response. @default 'issues' */
  readonly token?: 'issues' | 'holds' | 'fails' | 'hangs' | 'invalid_grant'
  /** Delay of the token endpoint, in milliseconds. */
  readonly tokenDelay?: number
  /** `validates`: accepts issued tokens; `rejects`: accepts none. @default 'validates' */
  readonly api?: 'validates' | 'rejects'
  /** Revokes every token issued so far. */
  readonly revoke?: true
}

export interface Counts {
  /** Requests at the token endpoint. */
  readonly token: number
  /** Requests at the API. */
  readonly resource: number
  /** API requests answered 401. */
  readonly refused: number
}

/** Sets the behaviour of a token server, if given; the reply is its counts. */
export interface Order {
  readonly server: string
  readonly behaviour?: Behaviour
}
