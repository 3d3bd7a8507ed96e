import { XapiError } from './errors.ts'
import type { Value } from './marshal.ts'
import { formatDate } from './wire.ts'

type Row = Readonly<Record<string, Value>>
type Predicate = (row: Row) => boolean
type Term = (row: Row) => string

const stored = (value: Value | undefined): string =>
  value instanceof Date
    ? formatDate(value)
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value)

/**
 * Compiles the expression of `get_all_records_where`, e.g. `field "is_a_snapshot"="false" and not (field "power_state"="Running")`.
 * Columns may be spelt with the database's `__` between a group and its member (`name__label`).
 */
export const compileQuery = (expression: string): Predicate => {
  const tokens = expression.match(/"[^"]*"|'[^']*'|[()=]|[A-Za-z_]+|\S/g) ?? []
  let at = 0
  const fail = (): never => {
    throw new XapiError('INTERNAL_ERROR', `Db_filter.Expression_error("${expression}")`)
  }
  const take = () => tokens[at++] ?? fail()
  const skip = (wanted: string) => {
    if (tokens[at] !== wanted) return false
    at++
    return true
  }
  const quoted = (token: string) => (/^["'].*["']$/.test(token) ? token.slice(1, -1) : fail())

  const term = (): Term => {
    if (!skip('field')) {
      const literal = quoted(take())
      return () => literal
    }
    const name = quoted(take()).replaceAll('__', '_')
    return row => (name in row ? stored(row[name]) : fail())
  }
  const comparison = (): Predicate => {
    if (skip('true')) return () => true
    if (skip('false')) return () => false
    if (skip('not')) {
      const inner = comparison()
      return row => !inner(row)
    }
    if (skip('(')) {
      const inner = disjunction()
      return skip(')') ? inner : fail()
    }
    const left = term()
    if (!skip('=')) fail()
    const right = term()
    return row => left(row) === right(row)
  }
  const conjunction = (): Predicate => {
    const all = [comparison()]
    while (skip('and')) all.push(comparison())
    return row => all.every(p => p(row))
  }
  const disjunction = (): Predicate => {
    const any = [conjunction()]
    while (skip('or')) any.push(conjunction())
    return row => any.some(p => p(row))
  }

  const predicate = disjunction()
  return at === tokens.length ? predicate : fail()
}
