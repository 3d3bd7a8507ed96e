import { RestoreTargetError } from '#core/errors/xenserver.ts'
import { type Maker, unfinishedName, withoutMarks } from '#core/points/marks.ts'
import type { Ref, Xapi } from '../../xapi/api.ts'
import { tagAsOurs } from '../../xapi/other-config.ts'
import { recordsWhere } from '../../xapi/query.ts'
import { NULL_REF, RefText, VbdRecord, VifRecord, VmRecord } from '../../xapi/records.ts'
import { destroyUnfinishedVm } from '../../xapi/safety/unfinished-vm.ts'
import { disksOf, unlessGone } from '../../xapi/vms.ts'
import { VoidAnswer } from '../../xapi/void-answer.ts'
import type { KeptState } from './standby.ts'

/** A copy of a standby's state: off, of its job, and it reaches nothing that it was not given. */
export interface StandbyCopy {
  ref: Ref
  uuid: string
  /** In the list of VMs; it is known by its mark. */
  rename(name: string): Promise<void>
  discard(): Promise<void>
}

export interface CopyOptions extends Maker {
  /** All interfaces go on this network; without it there are none. */
  networkUuid?: string | undefined
}

/**
 * Clones the snapshot of a state; its storage shares the blocks. What could reach out is taken off the clone before it can start: its interfaces, a device of the host,
 * high availability, a start with the host, images in its drives.
 * @throws `RESTORE_TARGET` where the pool has no such network, {@link XapiError}; nothing is left then
 */
export const copyState = async (
  xapi: Xapi,
  state: KeptState,
  { networkUuid, ...maker }: CopyOptions,
): Promise<StandbyCopy> => {
  const network = await findNetwork(xapi, networkUuid)
  const name = unfinishedName(maker)
  let ref: Ref | undefined
  try {
    const made = await xapi.run('VM.clone', [state.ref, name], RefText)
    ref = made
    const uuid = await isolate(xapi, made, network, maker)
    return {
      ref: made,
      uuid,
      rename: async to => {
        await xapi.call('VM.set_name_label', [made, to], VoidAnswer)
      },
      discard: () => destroyUnfinishedVm(xapi, made, maker.owner),
    }
  } catch (error) {
    if (ref) await destroyUnfinishedVm(xapi, ref, maker.owner).catch(() => undefined)
    throw error
  }
}

const findNetwork = async ({ call }: Xapi, uuid: string | undefined): Promise<Ref | undefined> => {
  if (uuid === undefined) return undefined
  const found = await unlessGone(call('network.get_by_uuid', [uuid], RefText))
  if (!found) throw new RestoreTargetError(`the pool has no network ${uuid}`)
  return found
}

/** The disks get their marks before the VM does: what is cut off in between is known by its name. @returns UUID of the VM */
const isolate = async (
  xapi: Xapi,
  ref: Ref,
  network: Ref | undefined,
  maker: Maker,
): Promise<string> => {
  const { call } = xapi
  const record = await call('VM.get_record', [ref], VmRecord)
  const vbds = await recordsWhere(xapi, 'VBD', 'VM', ref, VbdRecord)
  for (const { vdiRef, vdi } of await disksOf(
    xapi,
    record,
    vbds.map(([, vbd]) => vbd),
  ))
    await tagAsOurs(xapi, 'VDI', vdiRef, vdi.uuid, maker)
  const { auto_poweron: _, pci: _pci, ...config } = withoutMarks(record.other_config)
  await call('VM.set_other_config', [ref, config], VoidAnswer)
  await tagAsOurs(xapi, 'VM', ref, record.uuid, maker)
  await call('VM.set_is_a_template', [ref, false], VoidAnswer)
  await call('VM.set_ha_restart_priority', [ref, ''], VoidAnswer)
  await call('VM.set_affinity', [ref, NULL_REF], VoidAnswer)
  // What an earlier life has said is no verdict of this one.
  const data = Object.entries(record.xenstore_data)
  const left = data.filter(([key]) => !key.startsWith('vm-data/xenkeep/'))
  await call('VM.set_xenstore_data', [ref, Object.fromEntries(left)], VoidAnswer)
  for (const [vbd, { type, empty }] of vbds)
    if (type === 'CD' && !empty) await call('VBD.eject', [vbd], VoidAnswer)
  for (const vif of record.VIFs) await moveVif(xapi, ref, vif, network)
  return record.uuid
}

/** A clone has MAC addresses of its own; on the other network it gets another again. */
const moveVif = async (
  { call }: Xapi,
  vm: Ref,
  ref: Ref,
  network: Ref | undefined,
): Promise<void> => {
  const { device, MTU } = await call('VIF.get_record', [ref], VifRecord)
  await call('VIF.destroy', [ref], VoidAnswer)
  if (network === undefined) return
  const more = { other_config: {}, qos_algorithm_type: '', qos_algorithm_params: {} }
  await call('VIF.create', [{ device, network, VM: vm, MAC: '', MTU, ...more }], RefText)
}
