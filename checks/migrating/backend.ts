// A small backend: a login, a refresh and a token endpoint whose refresh tokens work once, and an API that can hold its responses.
import { startServer, readBody } from '../server.ts'

/** Long enough for all requests of a burst to share one renewal. */
const TOKEN_DELAY = 150

export interface Backend {
  readonly url: string
  /** Token requests other than logins. */
  readonly refreshes: number
  /** The lifetime of tokens issued from now on, in seconds. */
  lifetime: number
  /** Rejects all access tokens issued so far. */
  readonly revoke: () => void
  /** Rejects all refresh tokens issued so far. */
  readonly endSessions: () => void
  /** Holds API requests until they are released. */
  readonly hold: () => void
  /** Resolves when the given number of requests is held. */
  readonly held: (count: number) => Promise<void>
  /** Responds to the held request to this path, and to every further one. */
  readonly release: (path: string) => void
  readonly close: () => Promise<void>
}

interface Body {
  readonly refreshToken?: string
}

export async function startBackend(): Promise<Backend> {
  const expiries = new Map<string, number>()
  const refreshTokens = new Set<string>()
  const waiting = new Map<string, () => void>()
  const released = new Set<string>()
  let issued = 0
  let isHolding = false
  let onHeld = (): void => undefined
  const state = { refreshes: 0, lifetime: 3_600 }

  const issue = (): { readonly accessToken: string; readonly refreshToken: string } => {
    issued += 1
    const accessToken = jwt(issued, state.lifetime)
    const refreshToken = `refresh-${String(issued)}`
    expiries.set(accessToken, Date.now() + state.lifetime * 1_000)
    refreshTokens.add(refreshToken)
    return { accessToken, refreshToken }
  }

  const tokenAnswer = (path: string, text: string): readonly [status: number, body: object] => {
    if (path === '/auth/login') return [200, { ...issue(), expiresIn: state.lifetime }]
    state.refreshes += 1
    if (path === '/oauth/token')
      return [200, { access_token: issue().accessToken, token_type: 'Bearer', expires_in: state.lifetime }]
    const { refreshToken = '' } = JSON.parse(text) as Body
    return refreshTokens.delete(refreshToken)
      ? [200, { ...issue(), expiresIn: state.lifetime }]
      : [401, { message: 'this refresh token is spent' }]
  }

  const { url, close } = await startServer((request, response) => {
    const path = request.url ?? '/'
    const respond = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    void readBody(request).then((text) => {
      if (request.method === 'POST') {
        setTimeout(respond, TOKEN_DELAY, ...tokenAnswer(path, text.toString()))
        return
      }
      const answer = (): void => {
        const token = request.headers.authorization?.slice('Bearer '.length) ?? ''
        if ((expiries.get(token) ?? 0) > Date.now()) respond(200, { path })
        else respond(401, { message: 'this token is not valid' })
      }
      if (!isHolding || released.has(path)) {
        answer()
        return
      }
      waiting.set(path, answer)
      onHeld()
    })
  })

  return Object.assign(state, {
    url,
    close,
    revoke: () => {
      expiries.clear()
    },
    endSessions: () => {
      refreshTokens.clear()
    },
    hold: () => {
      isHolding = true
    },
    held: (count: number) =>
      new Promise<void>((resolve) => {
        onHeld = () => {
          if (waiting.size === count) resolve()
        }
        onHeld()
      }),
    release: (path: string) => {
      released.add(path)
      waiting.get(path)?.()
    },
  })
}

/** Some clients read the lifetime from the token. */
function jwt(number: number, lifetime: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const iat = Math.floor(Date.now() / 1_000)
  return `${part({ alg: 'none' })}.${part({ jti: String(number), iat, exp: iat + lifetime })}.${part({})}`
}
