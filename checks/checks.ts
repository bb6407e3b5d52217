// The checks beyond `npm test`. Those with a manifest of their own are installed before they run.
export interface Check {
  readonly name: string
  /** Proves this, in one line. */
  readonly proves: string
  /** The script, relative to this folder. */
  readonly script: string
  /** The folder of the manifest, relative to this one. */
  readonly manifest?: string
  /** Arguments before those that are given. */
  readonly args?: readonly string[]
}

export const CHECKS: readonly Check[] = [
  {
    name: 'package',
    proves:
      'the package builds, passes publint, and its types hold for every kind of project, and so does the code of the pages',
    script: 'package/run.ts',
  },
  {
    name: 'size',
    proves: 'each entry point stays within its size budget, and docs/size.md tells its size',
    script: 'package/size.ts',
  },
  {
    name: 'journeys',
    proves: 'a call passes through few files of lib/; lists them in the order in which it enters them',
    script: 'journeys/run.ts',
  },
  {
    name: 'catalogue',
    proves: 'the specs of the catalogue notice each of two thousand wrong definitions',
    script: 'catalogue/run.ts',
  },
  {
    name: 'nodes',
    proves: 'the specs pass on every supported Node, with the newest and the oldest axios',
    script: 'nodes/run.ts',
  },
  {
    name: 'compat',
    proves: 'axios, fetch and libraries built on them behave the same with a token as without',
    script: 'compat/run.ts',
    manifest: 'compat',
  },
  {
    name: 'migrating',
    proves: 'the code of docs/migrating works, before and after, and its table shows what was counted',
    script: 'migrating/run.ts',
    manifest: 'migrating',
  },
  {
    name: 'recipes',
    proves: 'the code of docs/recipes has no type errors and does what its pages say',
    script: 'recipes/run.ts',
    manifest: 'recipes',
  },
  {
    name: 'runtimes',
    proves: 'one program works in Node, Bun, Deno, workerd and browsers',
    script: 'runtimes/run.ts',
    manifest: 'runtimes',
  },
  {
    name: 'browsers',
    proves: 'the program of the check runtimes works in Chromium and Firefox',
    script: 'runtimes/run.ts',
    args: ['chromium', 'firefox'],
  },
  {
    name: 'chaos',
    proves: 'callers see no error while the server revokes tokens, loses responses, stalls and fails',
    script: 'chaos/run.ts',
  },
  {
    name: 'fidelity',
    proves: 'random calls have the same answers, and are the same on the wire, with a token as without',
    script: 'fidelity/run.ts',
  },
  {
    name: 'sessions',
    proves:
      'processes that share a session renew once among them, and lose it to no race, killed and stopped as they are',
    script: 'sessions/run.ts',
  },
  {
    name: 'tabs',
    proves: 'tabs and workers of real browsers share one session, whatever happens to them',
    script: 'tabs/run.ts',
    manifest: 'tabs',
  },
  { name: 'soak', proves: 'the invariants hold in a million random interleavings', script: 'soak/run.ts' },
  {
    name: 'bench',
    proves: 'time, memory, token requests and bytes, compared with bare clients and peers',
    script: 'bench/run.ts',
    manifest: 'bench',
  },
]
