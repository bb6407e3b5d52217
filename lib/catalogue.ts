// The catalogue: definitions of well-known providers, each also by itself: `tokenflight/catalogue/hubspot`.
export { hubspot } from './catalogue/hubspot.ts'
export { paypal } from './catalogue/paypal.ts'
export { spotify } from './catalogue/spotify.ts'
