import { exportXva } from './export.ts'
import { exportRawVdi } from './export-raw-vdi.ts'
import { importXva } from './import.ts'
import { importRawVdi } from './import-raw-vdi.ts'
import type { StreamRoutes } from './server.ts'

/** The streaming handlers, by method and path. */
export const streamRoutes: StreamRoutes = {
  'GET /export': exportXva,
  'GET /export_raw_vdi': exportRawVdi,
  'PUT /import': importXva,
  'PUT /import_raw_vdi': importRawVdi,
}
