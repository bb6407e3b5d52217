// Of the packages that docs/migrating replaces: anything goes.
declare module '@badgateway/oauth2-client'
declare module 'axios-auth-refresh'
declare module 'axios-jwt'
declare module 'ky'
declare module 'simple-oauth2'
