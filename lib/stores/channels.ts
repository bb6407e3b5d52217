// Listening to the messages of a server, for `watch`.

/**
 * Begins to listen to a channel, over a connection that waits for messages; gives what ends it, now or later. A failure of either is
 * ignored: `watch` is a hint.
 */
export type Subscribe = (channel: string, heard: (message: string) => void) => (() => unknown) | Promise<() => unknown>

type Listener = (message: string) => void

type Channel = readonly [listeners: Set<Listener>, ending: Promise<() => unknown>]

const ignore = (): undefined => undefined

/** Makes one subscription of all who listen to a channel; it ends when the last of them stops. */
export function channelsOver(subscribe: Subscribe): (channel: string, heard: Listener) => () => void {
  const channels = new Map<string, Channel>()
  const open = (name: string): Channel => {
    const listeners = new Set<Listener>()
    const begin = async (): Promise<() => unknown> =>
      subscribe(name, (message) => {
        for (const listener of listeners) listener(message)
      })
    return [listeners, begin()]
  }
  return (name, heard) => {
    const channel = channels.get(name) ?? open(name)
    channels.set(name, channel)
    const [listeners, ending] = channel
    ending.catch(ignore)
    const listener: Listener = (message) => {
      heard(message)
    }
    listeners.add(listener)
    return () => {
      if (!listeners.delete(listener) || listeners.size > 0) return
      channels.delete(name)
      ending.then((end) => end()).catch(ignore)
    }
  }
}
