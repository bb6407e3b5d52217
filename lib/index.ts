// The main entry point: managers, tokens, errors. Clients and providers have entry points of their own.
export { createTokenManager } from './token/token-manager.ts'
export { createTokenPool } from './token/token-pool.ts'
export { createToken } from './token/token.ts'
export {
  isTokenError,
  OAuthError,
  PromptRequiredError,
  ReauthenticationRequiredError,
  TokenError,
  TokenRequestError,
  TokenResponseError,
} from './errors.ts'
export type { AnyTokenError, TokenErrorCode, TokenRequestReason, TokenResponseReason } from './errors.ts'
export type { GetToken, GetTokenRequest } from './token/function-grant.ts'
export type { TokenAnswer } from './token/token-answer.ts'
export type { Clock, Timer } from './util/clock.ts'
export type { RequestEvents, SessionStatus, SkipReason, TokenEvent, TokenEvents, TokenMark } from './token/events.ts'
export type { Timing } from './token/schedule.ts'
export type { CommonOptions, FunctionManagerOptions, Prompt, TokenManagerOptions } from './token/options.ts'
export type { Token, TokenFields } from './token/token.ts'
export type { AuthorizationExpectation, AuthorizationRequest, AuthorizationResult } from './token/token-grant.ts'
export type { Claim, SessionEnd, SessionRecord, StoredToken, Verifier } from './token/session-record.ts'
export type { ApplicationTokenManager, TokenManager } from './token/token-manager.ts'
export type { FunctionPoolOptions, TokenPool, TokenPoolOptions } from './token/token-pool.ts'
export type { GetTokenOptions, TokenHistory, TokenSource } from './token/token-source.ts'
export type { ResourceServer, TokenRoot } from './definitions/resource-server.ts'
export { type Presence, type Sign, StoreError, StoreUnavailable, type TokenStore } from './stores/token-store.ts'
export type {
  TokenEndpointCall,
  RawAnswer,
  TokenTransport,
  WireAnswer,
  WireFailure,
  WireRequest,
  WireResult,
} from './token-endpoint/transport.ts'
