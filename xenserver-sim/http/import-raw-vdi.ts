import type { ForwardReader } from '../formats/forward-reader.ts'
import { readQcow2 } from '../formats/qcow2/read-qcow2.ts'
import { readVhd, type WriteDisk } from '../formats/vhd/read-vhd.ts'
import { readDisks } from '../formats/xva/read-disks.ts'
import { removeVdi } from '../xapi/classes/vdi-copies.ts'
import { attachToDom0, vdiByRefOrUuid } from '../xapi/dom0.ts'
import { XapiError } from '../xapi/errors.ts'
import { refreshVdi } from '../xapi/locks.ts'
import type { Ref } from '../xapi/records/index.ts'
import { wireString } from '../xapi/wire.ts'
import { type HandlerContext, HttpError, type StreamHandler } from './context.ts'
import { asDeviceErrors } from './device-errors.ts'
import { percentOf } from './percent.ts'
import { type RawVdiFormat, vdiFormat } from './raw-vdi-format.ts'
import { assertReachable } from './reachability.ts'
import { requestBody } from './request-body.ts'

const RAW_PIECE = 1024 * 1024
/** Bytes of an image whose length was not told. */
const MAX_QCOW2 = 1024 * 1024 * 1024
const VHD_BLOCK = 2 * 1024 * 1024 // VHD repositories round sizes up to whole blocks

/**
 * PUT /import_raw_vdi: `vdi`, `format` (raw, vhd, tar, and qcow2 of new releases), `chunked` (raw only), or `sr_id` for a raw image that becomes a
 * new disk. The 200 goes out before the body is read; only the task tells how it ended. Its result is the VDI.
 */
export const importRawVdi: StreamHandler = async context => {
  const { state, host, request, reply } = context
  if (request.headers['transfer-encoding'] !== undefined) {
    const error = new XapiError('INTERNAL_ERROR', 'Cannot import chunked encoding')
    throw new HttpError('404 Not Found', error)
  }
  const format = vdiFormat(context)
  const sr = targetSr(context, format)
  assertReachable(context, [sr])
  const { vdi, discard } = target(context, sr)

  reply.head('HTTP/1.1 200 OK', context.headers)
  try {
    const detach = attachToDom0(state, host, vdi, 'RW', 'attach')
    try {
      await asDeviceErrors(() => receive(context, format, vdi))
    } finally {
      detach()
    }
  } catch (error) {
    discard()
    throw error
  }
  const { uuid } = state.database.get('VDI', vdi)
  const physical_utilisation = state.disks.physicalUtilisation(uuid)
  state.database.update('VDI', vdi, { physical_utilisation })
  refreshVdi(state, vdi)
  return wireString(vdi)
}

/** The SR that has to be reachable. Guards come here, in XAPI's order. */
function targetSr({ state, query }: HandlerContext, format: RawVdiFormat): Ref {
  const vdi = query.get('vdi')
  if (vdi) return state.database.get('VDI', vdiByRefOrUuid(state, vdi)).SR
  const sr = query.get('sr_id')
  if (!sr) throw new HttpError('400 Bad Request', new XapiError('VDI_MISSING', '', ''))
  if (format.name === 'raw') {
    state.database.get('SR', sr)
    return sr
  }
  const error = new XapiError('INTERNAL_ERROR', `Importing ${format.name} needs a VDI`)
  throw new HttpError('400 Bad Request', error)
}

/** The disk to fill; `discard` removes it again if it was made for this import. */
function target({ state, host, query, request }: HandlerContext, sr: Ref) {
  const named = query.get('vdi')
  if (named) return { vdi: vdiByRefOrUuid(state, named), discard: () => {} }
  const { contentLength } = requestBody(request, state.limits.pace(host.ref))
  if (contentLength === undefined) {
    const error = new XapiError('INTERNAL_ERROR', 'Importing into a new VDI needs a Content-Length')
    throw new HttpError('400 Bad Request', error)
  }
  const uuid = state.newUuid()
  const size = Math.ceil(contentLength / VHD_BLOCK) * VHD_BLOCK
  state.disks.createEmpty(uuid, size)
  const vdi = state.database.create('VDI', {
    uuid,
    name_label: 'Imported VDI',
    SR: sr,
    virtual_size: size,
    type: 'user',
    managed: true,
    location: uuid,
    sm_config: { vdi_type: 'vhd' },
  })
  return { vdi, discard: () => removeVdi(state, vdi) }
}

async function receive(context: HandlerContext, format: RawVdiFormat, vdi: Ref): Promise<void> {
  const { state, host, query, request } = context
  const { uuid } = state.database.get('VDI', vdi)
  const size = state.disks.size(uuid)
  const { reader, contentLength } = requestBody(request, state.limits.pace(host.ref))
  const write = failing(state, (offset, data) => state.disks.write(uuid, offset, data))
  const report = percentOf(context.task)

  switch (format.name) {
    case 'vhd':
      // The closing footer is looked for at the end, so a length is needed.
      return readVhd(reader, contentLength ?? 0, write, report)
    case 'qcow2':
      return readQcow2(await reader.readUpTo(contentLength ?? MAX_QCOW2), write)
    case 'tar':
      return readDisks(reader, [{ directory: 'vdi', size, write }], { onProgress: report })
    case 'raw':
      return query.has('chunked')
        ? receiveFrames(reader, write)
        : receiveRaw(reader, contentLength ?? size, write, report)
  }
}

/** Writes until a fault that was ordered in advance strikes. An empty body, with which clients ask for the way, uses none up. */
function failing({ faults }: HandlerContext['state'], write: WriteDisk): WriteDisk {
  let fault: ReturnType<typeof faults.take<'fail-write'>> | 'none'
  let written = 0
  return async (offset, data) => {
    fault ??= faults.take('fail-write', 'import_raw_vdi') ?? 'none'
    written += data.length
    if (fault !== 'none' && written > fault.bytes) {
      const [code = 'INTERNAL_ERROR', ...parameters] = fault.error
      throw new XapiError(code, ...parameters)
    }
    await write(offset, data)
  }
}

async function receiveRaw(
  reader: ForwardReader,
  length: number,
  write: WriteDisk,
  report: (fraction: number) => void,
): Promise<void> {
  for (let at = 0; at < length; at += RAW_PIECE) {
    await write(at, await reader.read(Math.min(RAW_PIECE, length - at)))
    report(at / length)
  }
}

/** Frames of {offset u64 LE, length u32 LE, data}; a frame of offset 0 and length 0 ends. */
async function receiveFrames(reader: ForwardReader, write: WriteDisk): Promise<void> {
  for (;;) {
    const head = await reader.read(12)
    const offset = Number(head.readBigUInt64LE(0))
    const length = head.readUInt32LE(8)
    if (offset === 0 && length === 0) return
    for (let at = 0; at < length; at += RAW_PIECE) {
      await write(offset + at, await reader.read(Math.min(RAW_PIECE, length - at)))
    }
  }
}
