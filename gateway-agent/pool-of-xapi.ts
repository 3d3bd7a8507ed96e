import { z } from 'zod'
import { MethodUnavailableError } from '#core/errors/methods.ts'
import { RESTORED_TAG, type RestoredMark } from '#core/points/marks.ts'
import { componentsOfXapi } from './components/components-of-xapi.ts'
import type { Pool, RestoredVm } from './jobs/pool.ts'
import { readDisk } from './sources/read-disk.ts'
import { vmExport } from './sources/xva/export.ts'
import { bootVm } from './targets/boot.ts'
import { describeOverwrite, overwriteVm } from './targets/existing/existing-vm.ts'
import { settleReplaced } from './targets/identity/same-identity.ts'
import { createDisks, describeDisks } from './targets/new/new-disks.ts'
import { standbysOf } from './targets/standby/standbys.ts'
import { startVm } from './targets/start-vm.ts'
import { createVm, describeVm } from './targets/vm.ts'
import type { Xapi } from './xapi/api.ts'
import { readInventory } from './xapi/inventory.ts'
import { listOurs, removeOurs } from './xapi/leftovers.ts'
import { readVmMetadata } from './xapi/metadata.ts'
import { makerOf } from './xapi/ours.ts'
import { shutDown } from './xapi/power/shut-down.ts'
import { PowerRecord } from './xapi/power/start-again.ts'
import { startTimeOf } from './xapi/power/start-time.ts'
import { markStopped, runAgain, startStopped } from './xapi/power/stopped-vm.ts'
import { recordsWhere } from './xapi/query.ts'
import { HostRecord, NULL_REF, PoolRecord, RefText, recordsOf, VmRecord } from './xapi/records.ts'
import { findSafetySnapshot, putBack } from './xapi/safety/safety-snapshot.ts'
import { findSnapshot } from './xapi/snapshot/find-snapshot.ts'
import { findSnapshottable, keepLabel, snapshotVm } from './xapi/snapshot/snapshot.ts'
import { destroySnapshot, keepCbtBases } from './xapi/snapshot/snapshot-removal.ts'
import { snapshotTemplate } from './xapi/snapshot/template-snapshot.ts'
import { disksOf, findVm, unlessGone } from './xapi/vms.ts'

const Mark = z.object({
  vmUuid: z.string(),
  jobId: z.string(),
  pointId: z.string(),
  bytesWritten: z.int(),
})

const describePool = async ({ call }: Xapi) => {
  const [pool] = Object.values(await call('pool.get_all_records', [], recordsOf(PoolRecord)))
  const host = pool && (await call('host.get_record', [pool.master], HostRecord))
  const { product_brand = 'XenServer', product_version = '' } = host?.software_version ?? {}
  return {
    name: pool?.name_label || host?.name_label || '',
    version: `${product_brand} ${product_version}`.trim(),
  }
}

/** What a run of a thousand VMs would ask a thousand times is asked once in a minute. */
const KEPT = 60_000 // milliseconds

const kept = <T>(ask: () => Promise<T>): (() => Promise<T>) => {
  let last: { at: number; answer: Promise<T> } | undefined
  return () => {
    if (last && performance.now() - last.at < KEPT) return last.answer
    const mine = { at: performance.now(), answer: ask() }
    last = mine
    mine.answer.catch(() => {
      if (last === mine) last = undefined
    })
    return mine.answer
  }
}

/** The pool behind a XAPI session. */
export const poolOfXapi = (xapi: Xapi): Pool => ({
  uuid: xapi.poolUuid,
  watchIncidents: xapi.watchIncidents,
  describe: kept(() => describePool(xapi)),
  readInventory: () => readInventory(xapi),
  snapshotVm: options => snapshotVm(xapi, options),
  snapshotTemplate: options => snapshotTemplate(xapi, options),
  keepLabel: snapshot => keepLabel(xapi, snapshot),
  hasVm: async uuid =>
    (await unlessGone(xapi.call('VM.get_by_uuid', [uuid], RefText))) !== undefined,
  powerState: async vmUuid => (await findVm(xapi, vmUuid)).record.power_state,
  startTime: async vmUuid => startTimeOf(xapi, (await findVm(xapi, vmUuid)).record),
  async shutDown({ vmUuid, ...options }) {
    const vm = await findSnapshottable(xapi, vmUuid)
    const unavailable = (why: string, cause?: unknown) =>
      new MethodUnavailableError(vm.record.name_label, 'offline', why, cause)
    return shutDown(xapi, vm, { ...options, unavailable })
  },
  markStopped: async ({ vmUuid, ...maker }) => markStopped(xapi, await findVm(xapi, vmUuid), maker),
  async runAgain({ vmUuid, owner, isRunning }) {
    const [found] = await recordsWhere(xapi, 'VM', 'uuid', vmUuid, PowerRecord)
    return found ? runAgain(xapi, found[0], owner, found[1], isRunning) : []
  },
  startStopped: (owner, isRunning) => startStopped(xapi, owner, isRunning),
  findSnapshot: maker => findSnapshot(xapi, maker),
  readVmMetadata: (vmUuid, ours) => readVmMetadata(xapi, vmUuid, ours?.ref),
  readDisk: options => readDisk(xapi, options),
  exportOf: ({ ref, vm }) => vmExport(xapi, { ref, name: vm.name }),
  destroySnapshot: snapshot => destroySnapshot(xapi, snapshot),
  keepCbtBases: snapshot => keepCbtBases(xapi, snapshot),
  createVm: options => createVm(xapi, options),
  overwriteVm: options => overwriteVm(xapi, options),
  describeOverwrite: options => describeOverwrite(xapi, options),
  describeVm: options => describeVm(xapi, options),
  createDisks: options => createDisks(xapi, options),
  describeDisks: options => describeDisks(xapi, options),
  findRestored: jobId => findRestored(xapi, jobId),
  async settleRestored({ ref }, { keepSafetySnapshot, ...maker }) {
    const safety = await findSafetySnapshot(xapi, maker)
    if (!safety) return []
    return safety.label.purpose === 'replace'
      ? settleReplaced(xapi, ref, safety, keepSafetySnapshot)
      : putBack(xapi, safety)
  },
  startVm: ({ ref }) => startVm(xapi, ref),
  bootVm: ({ ref }, signal) => bootVm(xapi, ref, signal),
  components: componentsOfXapi(xapi),
  standbys: standbysOf(xapi),
  listOurs: owner => listOurs(xapi, owner),
  removeOurs: objects => removeOurs(xapi, objects),
})

/** An unfinished VM does not count, nor does a clone or snapshot, which carries the mark of the VM it was made of. */
const findRestored = async (xapi: Xapi, jobId: string): Promise<RestoredVm | undefined> => {
  const vms = await xapi.call('VM.get_all_records', [], recordsOf(VmRecord))
  for (const [ref, vm] of Object.entries(vms)) {
    const mark = markOn(vm.other_config[RESTORED_TAG])
    if (mark?.jobId !== jobId || mark.vmUuid !== vm.uuid || makerOf(vm)) continue
    const disks = await disksOf(xapi, vm)
    const isSuspended = vm.power_state === 'Suspended' && vm.suspend_VDI !== NULL_REF
    const image = isSuspended && (await xapi.call('VDI.get_uuid', [vm.suspend_VDI], RefText))
    return {
      ref,
      uuid: vm.uuid,
      name: vm.name_label,
      running: vm.power_state === 'Running',
      mark,
      disks: disks.map(({ vdi, vbd }) => ({ vdiUuid: vdi.uuid, userdevice: vbd.userdevice })),
      ...(image && { image }),
    }
  }
  return undefined
}

const markOn = (text: string | undefined): RestoredMark | undefined => {
  try {
    return Mark.safeParse(JSON.parse(text ?? '')).data
  } catch {
    return undefined
  }
}
