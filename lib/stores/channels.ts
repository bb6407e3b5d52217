// Listening to the messages of a server, for `watch`.

/**
 * Subscribes to a channel, over a connection that waits for messages; gives the function that ends it, or a promise of one. Failures of
 * both are ignored: `watch` is a hint.
 */
export type Subscribe = (channel: string, heard: (message: string) => void) => (() => unknown) | Promise<() => unknown>

type Listener = (message: string) => void

type Channel = readonly [listeners: Set<Listener>, ending: Promise<() => unknown>]

const ignore = (): undefined => undefined

/** Makes one subscription of all who listen to a channel, each with a function of its own; it ends when the last of them stops. */
export function channelsOver(subscribe: Subscribe): (channel: string, heard: Listener) => () => void {
  const channels = new Map<string, Channel>()
  return (name, heard) => {
    let channel = channels.get(name)
    if (!channel) {
      const told = new Set<Listener>()
      const begin = async (): Promise<() => unknown> =>
        subscribe(name, (message) => {
          for (const listener of told) listener(message)
        })
      channel = [told, begin()]
      channels.set(name, channel)
    }
    const [listeners, ending] = channel
    ending.catch(ignore)
    listeners.add(heard)
    return () => {
      if (!listeners.delete(heard) || listeners.size > 0) return
      channels.delete(name)
      ending.then((end) => end()).catch(ignore)
    }
  }
}
