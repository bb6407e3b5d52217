// Builds the package and checks the result: publint for the manifest and the files, attw for the types of each kind of import, the compiler
// for projects of each kind and the code of the pages, the hovers that editors show; lists what it depends on.
import { spawnSync } from 'node:child_process'

const COMMANDS = [
  'npm run build',
  'npm exec --no -- publint --strict',
  'npm exec --no -- attw --pack . --profile strict --ignore-rules cjs-resolves-to-esm',
  'npm exec --no -- mocha --parallel --jobs 2 "checks/package/*.spec.ts"',
  'npm exec --no -- tsx checks/package/supply-chain.ts',
]

for (const command of COMMANDS) {
  const { status } = spawnSync(command, { shell: true, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
