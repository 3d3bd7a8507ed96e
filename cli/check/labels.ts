import { parseSubject } from '#core/points/subject.ts'
import { vmName } from '#core/points/summary.ts'
import type { CheckReport, Repository } from '#repository/index.ts'
import { quoted } from '../output/safe-text.ts'

/**
 * Looks up what the VMs and disks that damage strikes are called, in their newest readable points.
 * @returns words for people by UUID, of VMs (`"db-01"`) and of disks (`1 "data"`); what cannot be read is left out
 */
export const damageLabels = async (
  repository: Repository,
  { findings }: CheckReport,
): Promise<Map<string, string>> => {
  const struck = new Set(findings.flatMap(({ affected }) => affected.map(({ vmUuid }) => vmUuid)))
  const labels = new Map<string, string>()
  for (const vmUuid of struck)
    for await (const ref of repository.points(vmUuid)) {
      try {
        const point = await repository.readPoint(ref)
        const subject = parseSubject(point.id, point.subject)
        labels.set(vmUuid, quoted(vmName(subject)))
        for (const { vdiUuid, userdevice, name } of subject.disks)
          labels.set(vdiUuid, `${userdevice} ${quoted(name)}`)
      } catch {
        // This point may be the damaged one; another one of the VM will do.
      }
    }
  return labels
}
