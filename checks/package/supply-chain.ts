// Lists the run-time dependencies of the package by npm's own command, and checks the registry's signatures of them.
import { spawnSync } from 'node:child_process'

const SIGNATURES_TIMEOUT_MS = 20_000

interface BillOfMaterials {
  readonly components: readonly { readonly name: string; readonly version: string }[]
}

function npm(command: string, timeout?: number): { readonly ok: boolean; readonly output: string } {
  const { status, stdout, stderr, error } = spawnSync(`npm ${command}`, { shell: true, encoding: 'utf8', timeout })
  return { ok: status === 0, output: stdout || stderr || String(error?.message) }
}

const sbom = npm('sbom --omit dev --sbom-format cyclonedx')
if (!sbom.ok) throw new Error(`npm sbom failed: ${sbom.output}`)
const { components } = JSON.parse(sbom.output) as BillOfMaterials
console.log('bill of materials: %s', components.map(({ name, version }) => `${name}@${version}`).join(', '))

// Not every registry has signatures, and not every network reaches them.
const signatures = npm('audit signatures --omit dev', SIGNATURES_TIMEOUT_MS)
if (/invalid registry signature/i.test(signatures.output)) throw new Error(signatures.output)
console.log(
  signatures.ok ? signatures.output.trim() : `signatures: skipped (${signatures.output.trim().split('\n')[0] ?? ''})`,
)
