import type { ForwardReader } from '../forward-reader.ts'
import { readEntryData, readEntryHeader } from './read-entry.ts'
import { XvaError } from './xva-errors.ts'

/** The text of `ova.xml`. @throws IMPORT_ERROR_UNEXPECTED_FILE when another entry comes first */
export async function readOva(reader: ForwardReader): Promise<string> {
  const entry = await readEntryHeader(reader)
  if (entry.name !== 'ova.xml') {
    throw new XvaError('IMPORT_ERROR_UNEXPECTED_FILE', 'ova.xml', entry.name)
  }
  return (await readEntryData(reader, entry)).toString()
}
