import { SaxesParser } from 'saxes'
import { unguarded } from './attribute-text.ts'

export interface ReadDatabase {
  /** `schema_major_vsn`, `schema_minor_vsn`, `generation_count`. */
  readonly manifest: ReadonlyMap<string, string>
  readonly tables: ReadonlyMap<string, readonly Readonly<Record<string, string>>[]>
}

/** Reads a dump. Throws a plain Error for what is no well-formed XML. */
export const readDatabase = (xml: string): ReadDatabase => {
  const manifest = new Map<string, string>()
  const tables = new Map<string, Record<string, string>[]>()
  let rows: Record<string, string>[] = []
  const parser = new SaxesParser()
  parser.on('opentag', ({ name, attributes }) => {
    const values = attributes as Record<string, string>
    if (name === 'pair') manifest.set(values.key ?? '', values.value ?? '')
    if (name === 'table') {
      rows = []
      tables.set(values.name ?? '', rows)
    }
    if (name === 'row')
      rows.push(
        Object.fromEntries(Object.entries(values).map(([key, text]) => [key, unguarded(text)])),
      )
  })
  parser.on('error', error => {
    throw new Error(error.message)
  })
  parser.write(xml).close()
  return { manifest, tables }
}
