// Tokens and credentials travel by https, or stay on this machine.

/** Whether the URL is https, or http to this very machine, or `insecure` http is allowed. */
export function isSecure({ protocol, hostname }: URL, insecure = false): boolean {
  return protocol === 'https:' || (protocol === 'http:' && (insecure || isLoopback(hostname)))
}

/** Whether a host name, as a `URL` has it, is that of this machine. */
export function isLoopback(hostname: string): boolean {
  return /^(?:(?:.+\.)?localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
}
