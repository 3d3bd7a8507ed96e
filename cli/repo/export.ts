import { resolve } from 'node:path'
import type { ChunkChecksum } from '#disk-formats/xva/checksum.ts'
import type { Session } from '../command.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { print, printJson, tell } from '../host.ts'
import { safeText } from '../output/safe-text.ts'
import { formatBytes, formatDuration, formatRate } from '../output/units.ts'
import { stoppable } from '../stoppable.ts'
import { describedSize } from './described-point.ts'
import { findPoint } from './find-point.ts'
import { type Exportable, exportable, type Format } from './formats.ts'
import { type RepositoryOptions, withDisksOf } from './open.ts'
import { writeOutput } from './output-file.ts'
import { byteProgress } from './progress.ts'
import { streamTo } from './write-disk.ts'

export interface ExportOptions extends RepositoryOptions {
  output: string
  format: Format
  disk?: string
  checksum: ChunkChecksum
  force?: true
}

/** Writes a disk of a point, or the whole VM, to a file or to standard output (`-`). */
export const exportPoint = (
  session: Session,
  wanted: string,
  options: ExportOptions,
): Promise<ExitCode> => {
  const { host, json } = session
  if (options.output === '-' && json)
    throw new UsageError('With -o - standard output holds the disk; it cannot hold JSON too.')
  if (options.output === '-' && host.stdout.isTTY)
    throw new UsageError('Standard output is a terminal; a disk does not belong there.')
  return stoppable(host, signal =>
    withDisksOf(session, options, async repository => {
      const described = await findPoint(repository, wanted)
      const start = host.now()
      const { format, disk, checksum } = options
      const progress = byteProgress(host, json, describedSize(described, disk))
      const onProgress = progress.update
      const asked = { repository, described, disk, checksum, now: start, signal, onProgress }
      const source = await exportable(format, asked)
      tell(host, ...source.notes.map(safeText))
      if (options.output === '-') {
        const output = host.stdout as NodeJS.WritableStream
        await streamTo(output, source.pieces(), signal).finally(progress.end)
        return ExitCode.ok
      }
      const path = resolve(options.output)
      await writeOutput(path, { force: options.force === true }, source.write).finally(progress.end)
      const seconds = (host.now() - start) / 1000
      report(session, source, { point: described.point.id, format, path, seconds })
      return ExitCode.ok
    }),
  )
}

const report = (
  { host, json }: Session,
  { what, disks, size, notes }: Exportable,
  {
    point,
    format,
    path,
    seconds,
  }: { point: string; format: Format; path: string; seconds: number },
): void => {
  if (json)
    printJson(host, { event: 'exported', point, disks, format, file: path, size, seconds, notes })
  else
    print(
      host,
      `${what} as of point ${point}: ${formatBytes(size)} in ${safeText(path)}.`,
      `  ${formatDuration(seconds)} (${formatRate(size / seconds)}); every byte was compared with its checksum.`,
    )
}
