// The native half of React Native's XMLHttpRequest, over Node's `fetch`, and native modules that do nothing.

interface NativeRequest {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly data: { readonly string?: string }
  readonly responseType: 'text' | 'base64'
}

/** The globals that React Native's own files set. */
interface Emitting {
  readonly __rctDeviceEventEmitter?: { emit(name: string, args: readonly unknown[]): void }
}

/** The native modules, by name, for React Native running with the global object `context`. */
export function nativeNetworking(context: Emitting): object {
  const running = new Map<number, AbortController>()
  let last = 0
  const send = async (
    id: number,
    { method, url, headers, data, responseType }: NativeRequest,
    signal: AbortSignal,
  ): Promise<void> => {
    const emit = (name: string, ...args: unknown[]): void => context.__rctDeviceEventEmitter?.emit(name, [id, ...args])
    try {
      const response = await fetch(url, { method, headers, body: data.string ?? null, signal })
      emit('didReceiveNetworkResponse', response.status, Object.fromEntries(response.headers), response.url)
      const bytes = Buffer.from(await response.arrayBuffer())
      emit('didReceiveNetworkData', bytes.toString(responseType === 'text' ? 'utf8' : 'base64'))
      emit('didCompleteNetworkResponse', undefined, false)
    } catch (error) {
      if (!signal.aborted) emit('didCompleteNetworkResponse', String(error), false)
    } finally {
      running.delete(id)
    }
  }
  const Networking = {
    sendRequest(request: NativeRequest, created: (id: number) => void) {
      const controller = new AbortController()
      last += 1
      running.set(last, controller)
      created(last)
      void send(last, request, controller.signal)
    },
    abortRequest: (id: number) => running.get(id)?.abort(),
  }
  // There is no BlobModule: whatwg-fetch reads text without one.
  return { Networking, FileReaderModule: {}, WebSocketModule: {}, PlatformConstants: { getConstants: () => ({}) } }
}
