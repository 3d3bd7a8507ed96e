import { resolve } from 'node:path'
import { describedSize } from '#core/points/described-point.ts'
import type { ChunkChecksum } from '#disk-formats/xva/checksum.ts'
import type { Session } from '../command.ts'
import { UsageError } from '../errors.ts'
import { ExitCode } from '../exit-codes.ts'
import { print, printJson, tell } from '../host.ts'
import { safeText } from '../output/safe-text.ts'
import { formatBytes, formatDuration, formatRate } from '../output/units.ts'
import { stoppable } from '../stoppable.ts'
import { findPoint, findStream } from './find-point.ts'
import { type Exportable, exportable, type Format, oneStream } from './formats.ts'
import { type RepositoryOptions, withDisksOf } from './open.ts'
import { writeOutput } from './output-file.ts'
import { byteProgress } from './progress.ts'
import { streamTo } from './write-disk.ts'

export interface ExportOptions extends RepositoryOptions {
  output: string
  format: Format
  disk?: string
  stream?: string
  checksum: ChunkChecksum
  force?: true
}

/** Writes a disk or a stream of a point, or the whole VM, to a file or to standard output (`-`). */
export const exportPoint = (
  session: Session,
  wanted: string,
  options: ExportOptions,
): Promise<ExitCode> => {
  const { host, json } = session
  if (options.output === '-' && json)
    throw new UsageError('With -o - standard output holds the disk; it cannot hold JSON too.')
  if (options.stream !== undefined && (options.disk !== undefined || options.format !== 'raw'))
    throw new UsageError(
      'A stream is written as it is: --stream goes with neither --disk nor --format.',
    )
  if (options.output === '-' && host.stdout.isTTY)
    throw new UsageError('Standard output is a terminal; a disk does not belong there.')
  return stoppable(host, signal =>
    withDisksOf(session, options, async repository => {
      const described = await findPoint(repository, wanted)
      const start = host.now()
      const { format, disk, checksum } = options
      const stream =
        options.stream === undefined ? undefined : findStream(described.point, options.stream)
      const progress = byteProgress(host, json, stream?.size ?? describedSize(described, disk))
      const onProgress = progress.update
      const asked = { repository, described, disk, checksum, now: start, signal, onProgress }
      const source = stream ? oneStream(asked, stream) : await exportable(format, asked)
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
  { what, disks, stream, size, notes }: Exportable,
  {
    point,
    format,
    path,
    seconds,
  }: { point: string; format: Format; path: string; seconds: number },
): void => {
  if (json)
    printJson(host, {
      event: 'exported',
      point,
      disks,
      stream,
      format,
      file: path,
      size,
      seconds,
      notes,
    })
  else
    print(
      host,
      `${what} as of point ${point}: ${formatBytes(size)} in ${safeText(path)}.`,
      `  ${formatDuration(seconds)} (${formatRate(size / seconds)}); every byte was compared with its checksum.`,
    )
}
