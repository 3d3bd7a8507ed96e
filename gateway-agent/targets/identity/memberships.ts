import { z } from 'zod'
import type { RestoreWishes } from '#core/contracts/restore.ts'
import { XapiError } from '#core/errors/xenserver.ts'
import type { VmMetadata } from '#core/points/vm-metadata.ts'
import type { Ref, Xapi } from '../../xapi/api.ts'
import { RefText } from '../../xapi/records.ts'
import { unlessGone } from '../../xapi/vms.ts'
import { VoidAnswer } from '../../xapi/void-answer.ts'

/** @returns why not, one sentence */
export const setHomeServer = async (
  { call }: Xapi,
  vm: Ref,
  hostUuid: string | undefined,
): Promise<string[]> => {
  if (hostUuid === undefined) return []
  const host = await unlessGone(call('host.get_by_uuid', [hostUuid], RefText))
  if (!host) return ['The home server that was asked for has left the pool.']
  await call('VM.set_affinity', [vm, host], VoidAnswer)
  return []
}

/** Into the vApp of the UUID it was in, else of that name. @returns why not, one sentence */
export const joinAppliance = async (
  { call }: Xapi,
  vm: Ref,
  { keepAppliance }: RestoreWishes,
  { appliance }: VmMetadata,
): Promise<string[]> => {
  if (!keepAppliance || !appliance) return []
  const same = await unlessGone(call('VM_appliance.get_by_uuid', [appliance.uuid], RefText))
  const named = same
    ? [same]
    : await call('VM_appliance.get_by_name_label', [appliance.name], z.array(RefText))
  const [found] = named
  if (!found || named.length > 1)
    return [
      `The VM is in no vApp: the pool has ${found ? `${named.length} of the name` : 'none called'} "${appliance.name}".`,
    ]
  try {
    await call('VM.set_appliance', [vm, found], VoidAnswer)
    return []
  } catch (error) {
    if (!(error instanceof XapiError)) throw error
    return [`The vApp "${appliance.name}" did not take the VM (${error.xapiCode}).`]
  }
}
