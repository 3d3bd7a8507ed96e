import type { RestoreWishes } from '../contracts/restore.ts'
import { MemoryNotResumableError } from '../errors/restore.ts'
import type { MemoryMetadata, VmMetadata } from '../points/vm-metadata.ts'
import type { HostFact } from './hosts.ts'
import type { VifPlan } from './networks.ts'
import type { DiskNeed, SrFact } from './storage.ts'

/** userdevice of the memory image among the disks of a restore. */
export const MEMORY_IMAGE = 'memory'

interface Resume {
  metadata: VmMetadata
  /** Those that find a network. */
  interfaces: readonly VifPlan[]
  /** What is going to be written. */
  disks: readonly DiskNeed[]
  hosts: readonly HostFact[]
  srs: Iterable<SrFact>
  wishes: RestoreWishes
}

/**
 * Whether a VM can go on from the memory of the point: with all that its guest knew, on a processor of the same kind.
 * @returns the image
 * @throws `MEMORY_NOT_RESUMABLE`
 */
export const guardResume = ({
  metadata,
  interfaces,
  disks,
  hosts,
  srs,
  wishes,
}: Resume): MemoryMetadata => {
  const refuse = (why: string): never => {
    throw new MemoryNotResumableError(why)
  }
  const { memory, vifs, vtpms, hostDevices = [], record } = metadata
  const planned = interfaces.map(({ vif }) => vif.device)
  if (!memory) return refuse('the recovery point holds none; the method "memory" keeps it')
  const has = (vdiUuid: string) => disks.some(disk => disk.vdiUuid === vdiUuid)
  if (!has(memory.vdiUuid)) refuse('its image is not in the recovery point')
  const missing = metadata.disks.find(({ vdiUuid }) => !has(vdiUuid))
  if (missing)
    refuse(`the guest knows disk ${missing.userdevice}, which the recovery point does not have`)
  if (vtpms > 0) refuse('XenServer gives a virtual TPM to a VM only while it is off')
  if (hostDevices.length > 0) refuse('the guest knows a device of a host that no new VM has')
  const lost = vifs.find(({ device }) => !planned.includes(device))
  if (lost) refuse(`the guest knows network interface ${lost.device}, which would be left out`)
  const unnamed = vifs.filter(({ device }) => wishes.networks?.[device] === undefined)
  if (wishes.identity !== 'same' && unnamed.length > 0)
    refuse(
      `the guest keeps its addresses, so the network of each interface has to be named, an isolated one where the original may run: add --network ${unnamed.map(({ device }) => `${device}=UUID`).join(' --network ')}`,
    )
  const needed = [...srs]
  const reaching = hosts.filter(
    ({ ready, uuid }) => ready && needed.every(sr => sr.hosts.includes(uuid)),
  )
  const pv = record.domain_type === 'pv'
  const obstacles = reaching.map(host => processorObstacle(memory.lastBootCpuFlags, host, pv))
  const [first] = obstacles
  if (first !== undefined && obstacles.every(obstacle => obstacle !== undefined))
    refuse(`no host that reaches the storage has the right processor (${first})`)
  return memory
}

/** Feature words in hexadecimal; newer releases may keep another form, which only XenServer itself compares. */
const WORDS = /^[0-9a-f]{8}(-[0-9a-f]{8})*$/

/** XAPI compares in the same way before it resumes: same vendor, and no feature that the host lacks. @returns a clause */
const processorObstacle = (
  flags: Readonly<Record<string, string>>,
  { name, cpu = {} }: HostFact,
  pv: boolean,
): string | undefined => {
  if (flags.vendor && cpu.vendor && flags.vendor !== cpu.vendor)
    return `the memory is of ${flags.vendor}, "${name}" has ${cpu.vendor}`
  const there = pv ? cpu.features_pv : cpu.features_hvm
  return there !== undefined && lacks(there, flags.features ?? '')
    ? `the guest uses features that "${name}" lacks`
    : undefined
}

const lacks = (there: string, used: string): boolean => {
  if (!WORDS.test(there) || !WORDS.test(used)) return false
  const words = (text: string) => text.split('-').map(word => Number.parseInt(word, 16))
  const has = words(there)
  return words(used).some((word, index) => (word & ~(has[index] ?? 0)) !== 0)
}
