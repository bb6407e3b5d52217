// Where an example runs: against the real service when its variables are set, else against an emulator on this machine.

/** The variables by the names the example gives them; undefined unless every one is set. */
export function settings<Name extends string>(
  variables: Readonly<Record<Name, string>>,
): Record<Name, string> | undefined {
  const entries = Object.entries<string>(variables).map(([name, variable]) => [name, process.env[variable]] as const)
  return entries.every(([, value]) => value) ? (Object.fromEntries(entries) as Record<Name, string>) : undefined
}
