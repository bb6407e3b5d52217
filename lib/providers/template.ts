// The one grammar of holes: read here, used by the check of a definition and by the filling of a request.

/** A hole: `{name}`, `{name?}` or `{name=fallback}`. */
export interface Hole {
  readonly name: string
  readonly optional: boolean
  readonly fallback?: string
}

/** The parts of a template, text and holes in turn, or undefined for one whose braces or names are wrong. */
export function parseTemplate(template: string): readonly (string | Hole)[] | undefined {
  const parts: (string | Hole)[] = []
  for (const [index, piece] of template.split('{').entries()) {
    const end = piece.indexOf('}')
    if (index === 0) {
      if (end >= 0) return undefined
    } else {
      const hole = /^([A-Za-z]\w*)(\?|=.*)?$/s.exec(piece.slice(0, Math.max(end, 0)))
      if (!hole?.[1] || piece.includes('}', end + 1)) return undefined
      const mark = hole[2]
      parts.push({ name: hole[1], optional: mark === '?', ...(mark && mark !== '?' && { fallback: mark.slice(1) }) })
    }
    parts.push(piece.slice(end + 1))
  }
  return parts.filter((part) => part !== '')
}
