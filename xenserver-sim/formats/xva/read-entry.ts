import { type ForwardReader, PrematureEndError } from '../forward-reader.ts'
import { decodeTarHeader, padding, TAR_BLOCK, type TarEntry } from './tar-header.ts'
import { XvaError } from './xva-errors.ts'

/** @throws IMPORT_ERROR_PREMATURE_EOF, IMPORT_ERROR when there is no entry here */
export async function readEntryHeader(reader: ForwardReader): Promise<TarEntry> {
  const entry = decodeTarHeader(await exactly(reader, TAR_BLOCK))
  if (!entry) throw new XvaError('IMPORT_ERROR', 'Invalid XVA file')
  return entry
}

/** The entry's bytes; what fills its last block is skipped. @throws IMPORT_ERROR_PREMATURE_EOF */
export async function readEntryData(reader: ForwardReader, { size }: TarEntry): Promise<Buffer> {
  const data = await exactly(reader, size)
  await exactly(reader, padding(size).length)
  return data
}

async function exactly(reader: ForwardReader, length: number): Promise<Buffer> {
  try {
    return await reader.read(length)
  } catch (error) {
    if (error instanceof PrematureEndError) throw new XvaError('IMPORT_ERROR_PREMATURE_EOF')
    throw error
  }
}
