import { decompress } from '../formats/xva/compression.ts'
import { readOva } from '../formats/xva/read-ova.ts'
import { NULL_REF } from '../identifiers.ts'
import { XapiError } from '../xapi/errors.ts'
import { thePool } from '../xapi/pool-hosts.ts'
import { type Wire, wireArray, wireString } from '../xapi/wire.ts'
import { type HandlerContext, HttpError, type StreamHandler } from './context.ts'
import { requestBody } from './request-body.ts'
import { importDevices } from './xva/import-devices.ts'
import { ImportedObjects, type ImportJob } from './xva/import-plan.ts'
import { importVms, releaseVms } from './xva/import-vms.ts'
import { matchStorage } from './xva/match-storage.ts'
import { isNewer, xapiVersion } from './xva/ova-version.ts'
import { readOvaObjects } from './xva/read-ova-objects.ts'
import { assertReplaceable } from './xva/restore-rules.ts'

/**
 * PUT /import_metadata: `restore`, `force`, `dry_run`, and `vdi:<exported uuid>=<local uuid>` pairs. The disks have to be there
 * already. The task's result is the array of VMs.
 */
export const importMetadata: StreamHandler = async context => {
  const { state, query, request, reply } = context
  if (request.headers['transfer-encoding'] !== undefined) {
    throw new HttpError('403 Forbidden', new XapiError('IMPORT_ERROR_CANNOT_HANDLE_CHUNKED'))
  }
  if (thePool(state)[1].other_config.rolling_upgrade_in_progress !== undefined) {
    throw new HttpError('400 Bad Request', new XapiError('NOT_SUPPORTED_DURING_UPGRADE'))
  }
  const job: ImportJob = {
    context,
    sr: NULL_REF,
    restore: query.get('restore') === 'true',
    force: query.get('force') === 'true',
  }
  reply.head('HTTP/1.1 200 OK', context.headers)
  const archive = await decompress(requestBody(request, state.limits.pace(context.host.ref)).reader)
  try {
    return importObjects(job, await readOva(archive.reader))
  } finally {
    archive.stop()
  }
}

const importObjects = (job: ImportJob, text: string): Wire => {
  const { state, task } = job.context
  const ova = readOvaObjects(state, text)
  if (isNewer(ova.version, xapiVersion(state))) throw new XapiError('IMPORT_INCOMPATIBLE_VERSION')
  const objects = new ImportedObjects()
  matchStorage(job, ova, objects, mapOf(job.context))
  if (job.context.query.get('dry_run') === 'true') {
    if (job.restore) for (const { record } of ova.of('VM')) assertReplaceable(job, record)
    return wireArray([])
  }
  try {
    importVms(job, ova, objects)
    importDevices(job, ova, objects)
    task.note('object_creation', 'complete')
  } catch (error) {
    if (!job.force) objects.undo()
    throw error
  } finally {
    releaseVms(job, objects)
  }
  return wireArray(objects.vms.map(wireString))
}

/** `vdi:<exported uuid>=<local uuid>` */
const mapOf = ({ query }: HandlerContext): Map<string, string> =>
  new Map(
    [...query].flatMap(([name, value]) =>
      name.startsWith('vdi:') ? [[name.slice('vdi:'.length), value] as const] : [],
    ),
  )
