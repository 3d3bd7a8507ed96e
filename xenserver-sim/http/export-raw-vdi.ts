import { createHash } from 'node:crypto'
import { CLUSTER } from '../formats/qcow2/layout.ts'
import { writeQcow2 } from '../formats/qcow2/write-qcow2.ts'
import type { ParentFile } from '../formats/vhd/header.ts'
import { BLOCK_BYTES, MAX_VHD_SIZE } from '../formats/vhd/layout.ts'
import { writeVhd } from '../formats/vhd/write-vhd.ts'
import { endOfTar } from '../formats/xva/tar-header.ts'
import { writeDisks } from '../formats/xva/write-disks.ts'
import { refOf } from '../identifiers.ts'
import { storageType } from '../inventory/storage-types.ts'
import { readAhead } from '../read-ahead.ts'
import type { State } from '../state.ts'
import { attachToDom0, type Detach, isPlugged, vdiByRefOrUuid } from '../xapi/dom0.ts'
import { XapiError } from '../xapi/errors.ts'
import type { Ref } from '../xapi/records/index.ts'
import type { HandlerContext, StreamHandler } from './context.ts'
import { asDeviceErrors } from './device-errors.ts'
import { percentOf } from './percent.ts'
import { type RawVdiFormat, vdiFormat } from './raw-vdi-format.ts'
import { assertReachable } from './reachability.ts'

const RAW_PIECE = 1024 * 1024

/**
 * GET /export_raw_vdi: `vdi`, `format` (raw, vhd, tar, and qcow2 of new releases), `base`. The headers go out before the disks are attached, so
 * VDI_IN_USE and its like arrive inside the stream.
 */
export const exportRawVdi: StreamHandler = async context => {
  const { state, host, query, reply } = context
  const format = vdiFormat(context)
  const vdi = vdiByRefOrUuid(state, query.get('vdi') ?? '')
  const baseName = query.get('base')
  const base = baseName ? vdiByRefOrUuid(state, baseName) : undefined
  const { uuid, SR } = state.database.get('VDI', vdi)
  assertReachable(context, [SR])

  reply.head('HTTP/1.1 200 OK', {
    ...context.headers,
    'content-type': format.contentType,
    'Content-Disposition': `attachment; filename="${uuid}.${format.name}"`,
  })
  const detach: Detach[] = []
  try {
    for (const disk of base ? [vdi, base] : [vdi]) {
      detach.push(attachToDom0(state, host, disk, 'RO', 'attach'))
    }
    await asDeviceErrors(() => send(context, format, uuid, base))
  } finally {
    for (const letGo of detach) letGo()
  }
  return undefined
}

async function send(
  { state, host, reply, task }: HandlerContext,
  { name }: RawVdiFormat,
  uuid: string,
  base: Ref | undefined,
): Promise<void> {
  const { SR: sr } = state.database.get('VDI', state.database.byUuid('VDI', uuid))
  const size = state.disks.size(uuid)
  const report = percentOf(task)
  const read = (offset: number, length: number) => {
    report(offset / size)
    if (!isPlugged(state, host, sr)) throw new XapiError('VDI_IO_ERROR', 'Device I/O errors')
    return state.disks.read(uuid, offset, length)
  }
  for await (const piece of readAhead(await pieces(state, name, uuid, base, size, read))) {
    await reply.write(piece)
  }
}

type Read = (offset: number, length: number) => Promise<Buffer>

async function pieces(
  state: State,
  format: RawVdiFormat['name'],
  uuid: string,
  base: Ref | undefined,
  size: number,
  read: Read,
): Promise<AsyncGenerator<Buffer>> {
  if (format === 'raw') return rawPieces(size, read)
  if (format === 'tar') return tarPieces(size, read)
  if (format === 'qcow2') return qcow2Pieces(state, uuid, base, size, read)
  if (size > MAX_VHD_SIZE) throw new XapiError('VDI_TOO_LARGE', refOf(uuid), String(MAX_VHD_SIZE))
  if (!base) {
    const forgotten = state.faults.take('forget-blocks', 'export_raw_vdi')?.blocks ?? []
    const blocks = await state.disks.allocatedBlocks(uuid)
    return writeVhd({ size, read, blocks: blocks.filter(block => !forgotten.includes(block)) })
  }
  const { uuid: baseUuid, SR } = state.database.get('VDI', base)
  if (storageType(state.database.get('SR', SR).type).format !== 'vhd')
    throw new XapiError('VDI_IO_ERROR', 'Device I/O errors')
  const blocks = await state.disks.differingBlocks(baseUuid, uuid)
  return writeVhd({ size, read, blocks, parent: fileOf(state, base) })
}

/** Clusters are finer than the blocks that the store counts: of a block all are sent. */
async function qcow2Pieces(
  state: State,
  uuid: string,
  base: Ref | undefined,
  size: number,
  read: Read,
): Promise<AsyncGenerator<Buffer>> {
  const blocks = base
    ? await state.disks.differingBlocks(state.database.get('VDI', base).uuid, uuid)
    : await state.disks.allocatedBlocks(uuid)
  const perBlock = BLOCK_BYTES / CLUSTER
  const clusters = blocks
    .flatMap(block => Array.from({ length: perBlock }, (_, index) => block * perBlock + index))
    .filter(cluster => cluster * CLUSTER < size)
  return writeQcow2({ size, clusters, read })
}

async function* rawPieces(size: number, read: Read): AsyncGenerator<Buffer> {
  for (let at = 0; at < size; at += RAW_PIECE) yield read(at, Math.min(RAW_PIECE, size - at))
}

async function* tarPieces(size: number, read: Read): AsyncGenerator<Buffer> {
  yield* writeDisks([{ directory: 'vdi', size, read }], { checksums: 'xxhash' })
  yield endOfTar
}

/** The file a disk would be on a file SR. Its footer UUID stays the same, unlike that of an export. */
function fileOf(state: State, vdi: Ref): ParentFile {
  const { uuid, SR } = state.database.get('VDI', vdi)
  const sr = state.database.get('SR', SR).uuid
  return {
    uuid: createHash('md5').update(`footer of ${uuid}`).digest(),
    path: `/var/run/sr-mount/${sr}/${uuid}.vhd`,
  }
}
