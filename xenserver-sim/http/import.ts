import { type Decompressed, decompress } from '../formats/xva/compression.ts'
import { readDisks } from '../formats/xva/read-disks.ts'
import { readOva } from '../formats/xva/read-ova.ts'
import { attachToDom0, type Detach } from '../xapi/dom0.ts'
import { XapiError } from '../xapi/errors.ts'
import { refreshVdi } from '../xapi/locks.ts'
import { thePool } from '../xapi/pool-hosts.ts'
import type { Ref } from '../xapi/records/index.ts'
import { type Wire, wireArray, wireString } from '../xapi/wire.ts'
import { type HandlerContext, HttpError, type StreamHandler } from './context.ts'
import { assertReachable } from './reachability.ts'
import { requestBody } from './request-body.ts'
import { every } from './xva/every.ts'
import { importDevices } from './xva/import-devices.ts'
import { ImportedObjects, type ImportJob } from './xva/import-plan.ts'
import { importStorage } from './xva/import-storage.ts'
import { importVms, releaseVms } from './xva/import-vms.ts'
import { isNewer, xapiVersion } from './xva/ova-version.ts'
import { type OvaObjects, readOvaObjects } from './xva/read-ova-objects.ts'

const REPORT_EVERY_MS = 10_000

/**
 * PUT /import: `sr_id` or `sr_uuid` (else the pool's default), `restore`, `force`. Headers go out before the body is
 * read; reading ends with the last chunk. The task's result is the array of VMs.
 */
export const importXva: StreamHandler = async context => {
  const { query, request, reply } = context
  if (request.headers['transfer-encoding'] !== undefined) {
    throw new HttpError('403 Forbidden', new XapiError('IMPORT_ERROR_CANNOT_HANDLE_CHUNKED'))
  }
  const job: ImportJob = {
    context,
    sr: targetSr(context),
    restore: query.get('restore') === 'true',
    force: query.get('force') === 'true',
  }
  assertReachable(context, [job.sr])

  reply.head('HTTP/1.1 200 OK', context.headers)
  const archive = await decompress(
    requestBody(request, context.state.limits.pace(context.host.ref)).reader,
  )
  try {
    return await importArchive(job, archive)
  } finally {
    archive.stop()
  }
}

function targetSr({ state, query }: HandlerContext): Ref {
  const { database } = state
  const [, { default_SR, other_config }] = thePool(state)
  const named = query.get('sr_id')
  const uuid = query.get('sr_uuid')
  const sr = named ?? (uuid ? database.byUuid('SR', uuid) : default_SR)
  if (sr === default_SR && !database.find('SR', sr)) {
    throw new XapiError('DEFAULT_SR_NOT_FOUND', sr)
  }
  const record = database.get('SR', sr)
  if (record.content_type === 'iso') {
    throw new HttpError('400 Bad Request', new XapiError('SR_OPERATION_NOT_SUPPORTED', sr))
  }
  if (other_config.rolling_upgrade_in_progress !== undefined) {
    throw new HttpError('400 Bad Request', new XapiError('NOT_SUPPORTED_DURING_UPGRADE'))
  }
  return sr
}

async function importArchive(job: ImportJob, { reader }: Decompressed): Promise<Wire> {
  const { state, task } = job.context
  const ova = readOvaObjects(state, await readOva(reader))
  if (isNewer(ova.version, xapiVersion(state))) throw new XapiError('IMPORT_INCOMPATIBLE_VERSION')

  const objects = new ImportedObjects()
  try {
    importStorage(job, ova, objects)
    importVms(job, ova, objects)
    importDevices(job, ova, objects)
    task.note('object_creation', 'complete')
    await receiveDisks(job, ova, objects, reader)
  } catch (error) {
    if (!job.force) objects.undo()
    throw error
  } finally {
    releaseVms(job, objects)
  }
  return wireArray(objects.vms.map(wireString))
}

async function receiveDisks(
  { context, force }: ImportJob,
  ova: OvaObjects,
  { disks }: ImportedObjects,
  reader: Decompressed['reader'],
): Promise<void> {
  const { state, host, task } = context
  let done = 0
  const report = every(REPORT_EVERY_MS, state.clock, () => {
    task.progress(done)
    task.assertNotCancelled()
  })
  const detach: Detach[] = []
  try {
    const targets = disks.map(({ directory, vdi, size }) => {
      const { uuid } = state.database.get('VDI', vdi)
      detach.push(attachToDom0(state, host, vdi, 'RW', 'attach'))
      const write = (offset: number, data: Buffer) => state.disks.write(uuid, offset, data)
      return { directory, size, write }
    })
    await readDisks(reader, targets, {
      force,
      checksums: ova.exportVersion > 0,
      onProgress: fraction => {
        done = fraction
        report()
      },
    })
  } finally {
    for (const letGo of detach) letGo()
  }
  for (const { vdi } of disks) {
    const { uuid } = state.database.get('VDI', vdi)
    const physical_utilisation = state.disks.physicalUtilisation(uuid)
    state.database.update('VDI', vdi, { physical_utilisation })
    refreshVdi(state, vdi)
  }
}
