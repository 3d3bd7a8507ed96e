import { exportXva } from './export.ts'
import { exportMetadata } from './export-metadata.ts'
import { exportRawVdi } from './export-raw-vdi.ts'
import { hostBackup } from './host-backup.ts'
import { importXva } from './import.ts'
import { importMetadata } from './import-metadata.ts'
import { importRawVdi } from './import-raw-vdi.ts'
import { dumpDatabase, restoreDatabase } from './pool-database.ts'
import type { StreamRoutes } from './server.ts'

/** The streaming handlers, by method and path. */
export const streamRoutes: StreamRoutes = {
  'GET /export': exportXva,
  'GET /export_metadata': exportMetadata,
  'GET /export_raw_vdi': exportRawVdi,
  'GET /host_backup': hostBackup,
  'GET /pool/xmldbdump': dumpDatabase,
  'PUT /import': importXva,
  'PUT /import_metadata': importMetadata,
  'PUT /import_raw_vdi': importRawVdi,
  'PUT /pool/xmldbdump': restoreDatabase,
}
