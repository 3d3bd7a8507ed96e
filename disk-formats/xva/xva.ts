import type { VmMetadata } from '#core/points/vm-metadata.ts'
import type { DiskContent } from '../disk-content.ts'
import type { ChunkChecksum } from './checksum.ts'
import { diskEntries } from './chunks.ts'
import { buildOva } from './ova.ts'
import { END_OF_TAR, tarHeader, tarPadding } from './tar-v7.ts'

export interface XvaOptions {
  checksum: ChunkChecksum
  /** seconds since 1970: the time of ova.xml, the only one in the archive */
  time: number
}

export interface Xva {
  /** What the archive does not carry, one sentence each. */
  notes: string[]
  stream(signal: AbortSignal): AsyncIterable<Uint8Array>
}

/**
 * A VM as one file, as `/export` of a host makes it and `/import` takes it: a tar with ova.xml and the chunks of its disks.
 * @param disks content by the VDI's UUID
 */
export const xvaArchive = (
  vm: VmMetadata,
  disks: ReadonlyMap<string, DiskContent>,
  { checksum, time }: XvaOptions,
): Xva => {
  const sizes = new Map([...disks].map(([id, { size }]) => [id, size]))
  const { xml, directories, notes } = buildOva(vm, sizes)
  return {
    notes,
    async *stream(signal) {
      const text = Buffer.from(xml, 'utf8')
      yield Buffer.concat([tarHeader('ova.xml', text.length, time), text, tarPadding(text.length)])
      for (const [vdiUuid, directory] of directories)
        yield* diskEntries(directory, disks.get(vdiUuid) as DiskContent, { checksum, signal })
      yield END_OF_TAR
    },
  }
}
