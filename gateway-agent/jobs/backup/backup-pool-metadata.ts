import { XapiError } from '#core/errors/xenserver.ts'
import { POOL_DATABASE, VM_RECORDS } from '#core/points/component-subject.ts'
import { databaseCheck } from '../../components/database-check.ts'
import { vmRecordsCheck } from '../../components/vm-records-check.ts'
import type { Performed } from '../../control/leased-job.ts'
import type { Download } from '../../xapi/api.ts'
import { type CaptureOptions, capturePoint } from './capture.ts'

/**
 * Saves the database of a pool, and the records of its VMs as one XVA without disks, from which VMs come back where their SRs
 * survived.
 * @throws `POOL_DATABASE_STUB`, `XAPI_PERMISSION_DENIED`, as `capturePoint`
 */
export const backupPoolMetadata = (options: CaptureOptions): Promise<Performed> => {
  const { pool, context } = options
  const { components } = pool
  const { signal } = context
  return capturePoint(options, async keep => {
    const database = databaseCheck("The pool's database", pool.uuid)
    await keep(POOL_DATABASE, await components.database(signal), database)

    const records = await unlessRefused(components.vmRecords(signal))
    if (!('refused' in records))
      await keep(VM_RECORDS, records, vmRecordsCheck('The records of all VMs'))
    return {
      format: 'pool-metadata',
      database: database.facts(),
      notes: 'refused' in records ? [withoutRecords(records.refused)] : [],
    }
  })
}

/** One VM whose records XAPI cannot write must not keep the database from being saved. */
const unlessRefused = (asked: Promise<Download>): Promise<Download | { refused: XapiError }> =>
  asked.catch(error => {
    if (error instanceof XapiError && !error.retryable) return { refused: error }
    throw error
  })

const withoutRecords = ({ message }: XapiError): string =>
  `The records of the VMs (${VM_RECORDS}) are not in this point, only the database: ${message}`.slice(
    0,
    500,
  )
