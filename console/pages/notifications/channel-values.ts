import type { Destination } from '#core/contracts/channels.ts'
import { FIELDS, type Field, type Values } from './channel-fields.ts'

/** What a form of a kind begins with. */
export const firstValues = (kind: Destination['kind']): Values =>
  Object.fromEntries(FIELDS[kind].map(({ path, first = '' }) => [path, first]))

/** A destination as its form shows it. */
export const valuesOf = (to: Destination): Values => {
  const found: Record<string, string> = {}
  const walk = (value: unknown, path: string): void => {
    if (Array.isArray(value)) found[path] = value.join('\n')
    else if (typeof value === 'object' && value !== null)
      for (const [member, inner] of Object.entries(value))
        walk(inner, path === '' ? member : `${path}.${member}`)
    else found[path] = String(value)
  }
  walk(to, '')
  const by: Values = to.kind === 'mail' ? { '~by': to.smtp ? 'smtp' : 'ses' } : {}
  // Members that are left out have no default of the form's: it must change nothing that nobody touched.
  const blank = Object.fromEntries(
    FIELDS[to.kind].map(({ path, type, first = '' }) => [path, type === 'choice' ? first : '']),
  )
  return { ...blank, ...by, ...found }
}

export const fieldsOf = (kind: Destination['kind'], values: Values): Field[] =>
  FIELDS[kind].filter(({ when }) => when?.(values) ?? true)

export const isComplete = (kind: Destination['kind'], values: Values): boolean =>
  fieldsOf(kind, values).every(({ path, optional }) => optional || (values[path] ?? '').trim())

/** Choices that stand for "left out". */
const LEFT_OUT: Values = { 'smtp.auth.kind': 'none', confirmation: 'closed' }

/** What the form says, as the API takes it, which checks it. */
export const destinationOf = (kind: Destination['kind'], values: Values): Destination => {
  const to: Record<string, unknown> = { kind }
  for (const { path, type } of fieldsOf(kind, values)) {
    const value = (values[path] ?? '').trim()
    if (path.startsWith('~') || value === '' || LEFT_OUT[path] === value) continue
    const names = path.split('.')
    const last = names.pop() ?? path
    let at = to
    for (const name of names) {
      at[name] ??= {}
      at = at[name] as Record<string, unknown>
    }
    at[last] = typed(type, value)
  }
  return to as unknown as Destination
}

const typed = (type: Field['type'], value: string): unknown => {
  if (type === 'number') return Number(value)
  if (type !== 'lines') return value
  return value.split(/[\n,;]/).flatMap(line => line.trim() || [])
}
