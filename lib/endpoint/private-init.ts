const PRIVATE: RequestInit = { credentials: 'omit', cache: 'no-store', referrerPolicy: 'no-referrer' }

/** How a token request is made with `fetch`: without cookies, past every cache, to nobody but the address given. */
export function privateInit(): RequestInit {
  // Cloudflare Workers throw at an option they do not know, and show by their Request which they know.
  const known = Object.entries(PRIVATE).filter(([name]) => typeof Request !== 'function' || name in Request.prototype)
  return { ...Object.fromEntries(known), redirect: 'manual' }
}
