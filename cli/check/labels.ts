import { describePoint } from '#core/points/described-point.ts'
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
        const described = describePoint(await repository.readPoint(ref))
        if (described.kind === 'unknown') continue
        labels.set(vmUuid, quoted(described.name))
        // Disks of the others are called after what they are.
        if (described.kind !== 'vm') continue
        for (const { vdiUuid, userdevice, name } of described.subject.disks)
          labels.set(vdiUuid, `${userdevice} ${quoted(name)}`)
      } catch {
        // This point may be the damaged one; another one of the VM will do.
      }
    }
  return labels
}
