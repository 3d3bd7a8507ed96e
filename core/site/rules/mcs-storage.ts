import { McsElsewhereError } from '../../errors/restore-rules.ts'
import type { VmMetadata } from '../../points/vm-metadata.ts'
import type { Breach } from './breach.ts'

/** Machine Creation Services write it on the VM and its disks, as a tag or into other_config: `CitrixProvisioningSchemeId:<guid>`. */
const SCHEME = /^CitrixProvisioningSchemeId(:|$)/i

const saysScheme = (tags: unknown, config: unknown): boolean =>
  (Array.isArray(tags) && tags.some(tag => SCHEME.test(String(tag)))) ||
  (typeof config === 'object' &&
    config !== null &&
    Object.keys(config).some(key => SCHEME.test(key)))

/** How one knows that Machine Creation Services made a VM: in words that fit into brackets; nothing where only guesses could be made. */
export const mcsMachineOf = ({ record, disks }: VmMetadata): string | undefined => {
  if (saysScheme(record.tags, record.other_config)) return 'it bears CitrixProvisioningSchemeId'
  const marked = disks.find(disk => saysScheme(disk.tags, disk.vdiOtherConfig))
  return marked && `its disk ${marked.userdevice} bears CitrixProvisioningSchemeId`
}

/**
 * @param placed where each disk would go, by the UUID of the VDI that was backed up
 * @param known of {@link mcsMachineOf}
 */
export const breachOfMcsStorage = (
  known: string,
  { disks }: Pick<VmMetadata, 'disks'>,
  placed: ReadonlyMap<string, { uuid: string; name: string }>,
): Breach | undefined => {
  const moved = disks.flatMap(({ vdiUuid, userdevice, srUuid, srName }) => {
    const sr = placed.get(vdiUuid)
    if (!sr || srUuid === undefined || sr.uuid === srUuid) return []
    return [`disk ${userdevice} from "${srName ?? srUuid}" to "${sr.name}"`]
  })
  return moved.length > 0
    ? { rule: 'mcs-storage', error: new McsElsewhereError(known, moved) }
    : undefined
}

/** What whoever restored such a machine has to see to. */
export const notesOnMcsMachine = (known: string, identity: string | undefined): string[] => [
  ...(identity === 'same' || identity === 'disks-only'
    ? []
    : [
        `The VM was made by Citrix Machine Creation Services (${known}); under a new UUID its catalog does not know it: add it to a catalog of manually provisioned machines, or restore it with --identity same.`,
      ]),
  'Its computer account may have changed its password since the point was made: where nobody can log on, run Reset-ComputerMachinePassword in it.',
]
