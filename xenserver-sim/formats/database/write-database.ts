import { guarded } from './attribute-text.ts'

export interface Manifest {
  readonly major: number
  readonly minor: number
  readonly generation: number
}

/** One table with its rows; `ref` is among the members of a row. */
export interface Table {
  readonly name: string
  readonly rows: Iterable<Readonly<Record<string, string>>>
}

const MARKUP: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

const attribute = (name: string, value: string) =>
  `${name}="${guarded(value)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 cannot carry them
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '')
    .replace(/[&<>"]/g, c => MARKUP[c] ?? c)}"`

const pair = (key: string, value: number) =>
  `<pair ${attribute('key', key)} ${attribute('value', String(value))}/>`

/** The pool's database as XAPI dumps it: a manifest, then table after table, one element per row. */
export async function* writeDatabase(
  { major, minor, generation }: Manifest,
  tables: Iterable<Table>,
): AsyncGenerator<Buffer> {
  yield Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<database><manifest>${pair('schema_major_vsn', major)}${pair('schema_minor_vsn', minor)}${pair('generation_count', generation)}</manifest>`,
  )
  for (const { name, rows } of tables) {
    const elements = [...rows].map(
      row =>
        `<row ${Object.entries(row)
          .map(([key, value]) => attribute(key, value))
          .join(' ')}/>`,
    )
    yield Buffer.from(
      elements.length === 0
        ? `<table ${attribute('name', name)}/>`
        : `<table ${attribute('name', name)}>${elements.join('')}</table>`,
    )
  }
  yield Buffer.from('</database>')
}
