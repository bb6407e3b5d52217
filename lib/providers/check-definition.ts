import type { ProviderDefinition } from './shape.ts'
export function checkDefinition(definition: ProviderDefinition): void { void definition }
