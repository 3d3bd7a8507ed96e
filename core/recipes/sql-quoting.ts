import type { SqlEngine } from '../contracts/recipe-steps.ts'
import type { SqlForm } from '../contracts/recipe-templates.ts'

/** @returns why a value cannot be written so */
export type Unquotable = { unfit: string }

const PLAIN_NUMBER = /^-?\d{1,30}(\.\d{1,30})?$/

/** Characters of the longest name: `NAMEDATALEN` - 1 of PostgreSQL is 63 bytes, `sysname` of SQL Server 128. */
const LONGEST = { postgresql: 63, sqlserver: 128 }

/**
 * Writes a value into SQL so that it can be nothing else there.
 *
 * PostgreSQL (manual, 4.1.1 and 4.1.2): quotes are doubled; a literal with a backslash becomes `E'…'` with backslashes doubled, so that it means the same whatever
 * `standard_conforming_strings` says. SQL Server (T-SQL reference, QUOTENAME and constants): `]` and `'` are doubled, literals are `N'…'`.
 */
export const quoteSql = (engine: SqlEngine, form: SqlForm, value: string): string | Unquotable => {
  if (value.includes('\0')) return { unfit: 'has a character that SQL cannot have (NUL)' }
  // sqlcmd takes a line GO for the end of a batch, within quotes, too.
  if (engine === 'sqlserver' && /[\r\n]/.test(value)) return { unfit: 'has a line break' }
  if (form === 'number') return PLAIN_NUMBER.test(value) ? value : { unfit: 'is no number' }
  if (form === 'identifier') {
    const length = engine === 'postgresql' ? new TextEncoder().encode(value).length : value.length
    if (length === 0 || length > LONGEST[engine])
      return { unfit: 'is no name that the server takes' }
    return engine === 'postgresql'
      ? `"${value.replaceAll('"', '""')}"`
      : `[${value.replaceAll(']', ']]')}]`
  }
  const doubled = value.replaceAll("'", "''")
  if (engine === 'sqlserver') return `N'${doubled}'`
  return value.includes('\\') ? ` E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`
}
