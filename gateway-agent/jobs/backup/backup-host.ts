import { HOST_ARCHIVE } from '#core/points/component-subject.ts'
import { tarCheck } from '../../components/tar-check.ts'
import type { Performed } from '../../control/leased-job.ts'
import { type CaptureOptions, capturePoint } from './capture.ts'

/**
 * Saves the archive of one host's control domain, sent by that host itself, and what a person needs to know to build the host
 * again.
 * @throws `HOST_NOT_FOUND`, `XAPI_PERMISSION_DENIED`, as `capturePoint`
 */
export const backupHost = (options: CaptureOptions): Promise<Performed> => {
  const { spec, pool, context } = options
  return capturePoint(options, async keep => {
    const host = await pool.components.hostFacts(spec.vmUuid)
    const archive = tarCheck(`The backup of the host "${host.name}"`)
    const download = await pool.components.hostBackup(spec.vmUuid, context.signal)
    await keep(HOST_ARCHIVE, download, archive)
    return { format: 'host', host, files: archive.files(), notes: [] }
  })
}
