/** Of a disk, what tells that Citrix provisioning made it. */
export interface DiskSigns {
  userdevice: string
  name: string
  size: number
  reset?: true | undefined
  caching?: true | undefined
  type?: string | undefined
  scheme?: string | undefined
  base?: string | undefined
}

/** Of a VM, the same. */
export interface VmSigns {
  scheme?: string | undefined
  pvsProxy?: true | undefined
  disks: readonly DiskSigns[]
}

/** The identity disk of Machine Creation Services has 16 MB, whatever the machine. */
const IDENTITY_SIZE = 16 * 1024 * 1024

/** A name says it where the scheme says who made the disk; alone it says nothing. */
const CACHE_NAME = /write.?back.?cache|\bwbc\b|mcsio/i

/** What disks of no lasting content are. */
export type DisposableKind = 'reset' | 'pvs-cache' | 'identity' | 'write-back-cache'

const REASONS: Record<DisposableKind, string> = {
  reset: 'the disk is reset at every boot, so it holds nothing lasting',
  'pvs-cache': 'it is a cache of Citrix Provisioning, which is filled anew',
  identity:
    'it is the identity disk that Citrix Machine Creation Services made for this machine; a restore into the machine leaves the one that is there alone',
  'write-back-cache':
    'it is the write-back cache of Citrix Machine Creation Services, which is thrown away at each start',
}

/**
 * Whether a disk holds nothing that a restore needs. What only looks like it (a disk of 16 MB on a machine that nobody marked) is none: it is backed up.
 * @param vmScheme `CitrixProvisioningSchemeId` of the VM
 */
export const disposableKind = (
  { userdevice, name, size, reset, type, scheme }: DiskSigns,
  vmScheme: string | undefined,
): DisposableKind | undefined => {
  if (reset) return 'reset'
  if (type === 'pvs_cache') return 'pvs-cache'
  if ((scheme ?? vmScheme) === undefined || userdevice === '0') return undefined
  if (size > 0 && size <= IDENTITY_SIZE) return 'identity'
  return CACHE_NAME.test(name) ? 'write-back-cache' : undefined
}

/** @returns a clause: why backups leave the disk out; `undefined` where they take it */
export const disposableBecause = (
  disk: DiskSigns,
  vmScheme: string | undefined,
): string | undefined => {
  const kind = disposableKind(disk, vmScheme)
  return kind && REASONS[kind]
}

/** What an identity disk looks like where nobody marked it. */
export const looksLikeIdentity = ({ userdevice, size }: DiskSigns): boolean =>
  userdevice !== '0' && size === IDENTITY_SIZE

/**
 * Whether all that users change on a VM is thrown away, as XenServer alone can tell: its system disk is reset at each boot, and beside it there is nothing
 * but more of that kind. XenServer refuses to snapshot such a VM.
 */
export const isDiscarded = ({ scheme, disks }: VmSigns): boolean =>
  disks.some(({ reset }) => reset) &&
  disks.every(disk => disposableKind(disk, scheme) !== undefined || looksLikeIdentity(disk))
