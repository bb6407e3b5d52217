// Replaces the connections of the platform's fetch by a dispatcher that responds at once.
import { load } from './contender.ts'
import type { Stub } from './stub.ts'

interface Request {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

interface Handler {
  readonly onConnect: (abort: () => void) => void
  readonly onHeaders: (status: number, headers: readonly Buffer[], resume: () => void, statusText: string) => boolean
  readonly onComplete: (trailers: readonly Buffer[]) => void
}

interface Dispatcher {
  dispatch(request: Request, handler: Handler): boolean
}

interface Undici {
  readonly Agent: new () => Dispatcher
  readonly setGlobalDispatcher: (dispatcher: Dispatcher) => void
}

const NO_BODY = [Buffer.from('content-length'), Buffer.from('0')]
const NOTHING = (): void => undefined

/** Token requests still use the network. */
export async function replaceConnection(stub: Stub): Promise<void> {
  const { Agent, setGlobalDispatcher } = await load<Undici>('undici')
  class Instant extends Agent {
    override dispatch(request: Request, handler: Handler): boolean {
      if (!request.path.includes('/api/')) return super.dispatch(request, handler)
      const good = !stub.strict || stub.checkToken(authorization(request))
      handler.onConnect(NOTHING)
      handler.onHeaders(good ? 200 : 401, NO_BODY, NOTHING, good ? 'OK' : 'Unauthorized')
      handler.onComplete([])
      return true
    }
  }
  setGlobalDispatcher(new Instant())
}

function authorization({ headers }: Request): string | undefined {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization')?.[1]
}
