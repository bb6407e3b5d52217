// Reads docs/migrating: the code before and after of each page.
import { readdirSync, readFileSync } from 'node:fs'

export const PAGES = new URL('../../docs/migrating/', import.meta.url)

export interface Page {
  readonly file: string
  /** The heading, without "From". */
  readonly title: string
  readonly before: string
  readonly after: string
}

export function readPages(): readonly Page[] {
  return readdirSync(PAGES)
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .toSorted()
    .map((file) => {
      const text = readFileSync(new URL(file, PAGES), 'utf8')
      const title = /^# From (.+)/.exec(text)?.[1]
      if (title === undefined) throw new Error(`${file} does not begin with "# From ..."`)
      return { file, title, before: codeUnder('Before', text, file), after: codeUnder('After', text, file) }
    })
}

function codeUnder(heading: string, text: string, file: string): string {
  const code = new RegExp(`^## ${heading}\n\n\`\`\`js\n(.*?)^\`\`\``, 'ms').exec(text)?.[1]
  if (code === undefined) throw new Error(`${file} has no code under "${heading}"`)
  return code
}

/** Lines that are not empty. */
export function lineCount(code: string): number {
  return code.split('\n').filter((line) => line.trim() !== '').length
}
