import { z } from 'zod'
import type { Xapi } from '../xapi/api.ts'
import { NULL_REF, PoolRecord, recordsOf } from '../xapi/records.ts'
import type { PoolComponents } from './api.ts'
import { findHost, readHostFacts } from './host-facts.ts'

/** The components of the pool behind a XAPI session. */
export const componentsOfXapi = (xapi: Xapi): PoolComponents => ({
  async now() {
    const [pool] = Object.values(await xapi.call('pool.get_all_records', [], recordsOf(PoolRecord)))
    const time = await xapi.call('host.get_servertime', [pool?.master ?? NULL_REF], z.date())
    return time.getTime()
  },
  database: signal =>
    xapi.download('/pool/xmldbdump', { query: {}, what: "the pool's database", signal }),
  rehearseRestore: (length, body, signal) =>
    xapi.upload('/pool/xmldbdump', {
      // Anything but "true" reboots the host.
      query: { dry_run: 'true' },
      what: "the rehearsal of a restore of the pool's database",
      anyHost: true,
      length,
      body,
      signal,
    }),
  vmRecords: signal =>
    xapi.download('/export_metadata', {
      // Control domains belong to their hosts and cannot be imported.
      query: { all: 'true', include_dom0: 'false' },
      what: 'the records of all VMs',
      signal,
    }),
  hostBackup: async (uuid, signal) => {
    const { record } = await findHost(xapi, uuid)
    const what = `the backup of the host ${record.name_label}`
    return xapi.download('/host_backup', { query: {}, what, signal, host: record.address })
  },
  hostFacts: uuid => readHostFacts(xapi, uuid),
})
