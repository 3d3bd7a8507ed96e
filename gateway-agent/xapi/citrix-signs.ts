import type { InventoryVm } from '#core/contracts/gateway-api.ts'
import { XenUuid } from '#core/contracts/ids.ts'
import { isXapiError } from '#core/errors/xenserver.ts'
import type { Ref, Xapi } from './api.ts'
import {
  PvsProxyRecord,
  recordsOf,
  type VbdRecord,
  type VdiRecord,
  type VmRecord,
} from './records.ts'

/** Machine Creation Services write it on VMs and disks, as a tag or into other_config; which of the two is not documented, so both count. */
const SCHEME = 'CitrixProvisioningSchemeId'
const LONGEST = 100 // characters (core/contracts/gateway-api.ts)

/** @returns the provisioning scheme that an object bears */
export const schemeOf = ({
  tags,
  other_config,
}: Pick<VmRecord, 'tags' | 'other_config'>): string | undefined => {
  const tag = tags.find(text => text.toLowerCase().startsWith(`${SCHEME.toLowerCase()}:`))
  const [, entry] =
    Object.entries(other_config).find(([key]) => key.toLowerCase() === SCHEME.toLowerCase()) ?? []
  const scheme = (tag?.slice(SCHEME.length + 1) ?? entry ?? '').trim().slice(0, LONGEST)
  return scheme === '' ? undefined : scheme
}

/** VIFs that a PVS accelerator serves. XenServer before 7.1 has none. */
export const pvsInterfaces = async ({ call }: Xapi): Promise<Set<Ref>> => {
  try {
    const proxies = await call('PVS_proxy.get_all_records', [], recordsOf(PvsProxyRecord))
    return new Set(Object.values(proxies).map(({ VIF }) => VIF))
  } catch (error) {
    if (isXapiError(error, 'MESSAGE_METHOD_UNKNOWN', 'NOT_IMPLEMENTED')) return new Set()
    throw error
  }
}

/** A chain has 30 members at most (SM); no more steps, should one lead back to itself. */
const LONGEST_CHAIN = 64

/**
 * The image at the end of each disk's chain, where disks of other VMs end there, too: one that only one VM has changes with every merge of snapshots and tells nothing.
 * @returns by the reference of the VDI
 */
export const sharedBases = (
  vms: readonly Pick<VmRecord, 'VBDs'>[],
  vbds: Readonly<Record<Ref, VbdRecord>>,
  vdis: Readonly<Record<Ref, VdiRecord>>,
): Map<Ref, string> => {
  const parents = new Map<string, string>()
  for (const { uuid, sm_config } of Object.values(vdis)) {
    const parent = sm_config['vhd-parent']
    if (parent) parents.set(uuid, parent)
  }
  const bases = new Map<Ref, string>()
  const vmsOfBase = new Map<string, number>()
  for (const { VBDs } of vms) {
    const mine = new Set<string>()
    for (const ref of VBDs) {
      const vdi = vdis[vbds[ref]?.VDI ?? '']
      const base = vdi && endOf(vdi.uuid, parents)
      if (base === undefined) continue
      bases.set(vbds[ref]?.VDI ?? '', base)
      mine.add(base)
    }
    for (const base of mine) vmsOfBase.set(base, (vmsOfBase.get(base) ?? 0) + 1)
  }
  return new Map([...bases].filter(([, base]) => (vmsOfBase.get(base) ?? 0) > 1))
}

const endOf = (uuid: string, parents: ReadonlyMap<string, string>): string | undefined => {
  let end: string | undefined
  let at = parents.get(uuid)
  for (let step = 0; at !== undefined && step < LONGEST_CHAIN; step++) {
    end = at
    at = parents.get(at)
  }
  return end !== undefined && XenUuid.safeParse(end).success ? end : undefined
}

/** Signs of Citrix provisioning on a disk; nothing where there are none. */
export const diskSigns = (
  vdi: VdiRecord,
  base: string | undefined,
): Partial<InventoryVm['disks'][number]> => {
  const scheme = schemeOf(vdi)
  return {
    ...(vdi.on_boot === 'reset' && { reset: true }),
    ...(vdi.allow_caching && { caching: true }),
    ...(vdi.type !== 'user' && vdi.type !== 'system' && { type: vdi.type.slice(0, 50) }),
    ...(scheme !== undefined && { scheme }),
    ...(base !== undefined && { base }),
  }
}
