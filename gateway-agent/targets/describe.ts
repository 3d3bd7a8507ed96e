import type { RestorePlan } from '#core/restore/plan.ts'
import type { CreateVmOptions } from './api.ts'
import type { Identity } from './identity/identity.ts'
import { needsOf, type Place } from './new/place.ts'

const through = (host: { name: string } | undefined) =>
  host ? ` through the host "${host.name}"` : ''

const inMiB = (bytes: number): string => `${Math.ceil(bytes / 1024 ** 2)} MiB`

/** A restore as sentences, in the order of the work. */
export const describeRestore = (
  { metadata, disks = needsOf(metadata), newName, wishes = {} }: CreateVmOptions,
  {
    plan,
    identity: { steps, early },
    place,
  }: { plan: RestorePlan; identity: Identity; place: Place },
): string[] => {
  const written = disks.map(
    ({ vdiUuid, userdevice, name, size, content = size }) =>
      `Writes disk ${userdevice} ("${name}", ${inMiB(size)}, of which ${inMiB(content)} hold something) to "${place.srs.get(vdiUuid)?.name}"${through(place.hostOf(vdiUuid))}, and compares its root hash with the point's.`,
  )
  return [
    ...(early ? [...steps, ...written] : [...written, ...steps]),
    ...plan.vifs.map(
      ({ vif, mac }) =>
        `Puts network interface ${vif.device} on its network${mac ? ` with the MAC address ${mac}` : ''}.`,
    ),
    ...(wishes.resume ? ['Makes the VM suspended, with the memory of the recovery point.'] : []),
    `Names the VM "${newName}" and lifts the block of its start.`,
    ...plan.notes,
  ]
}
