import { NULL_REF } from '../../identifiers.ts'
import { freshGenerationId } from '../../xapi/classes/vm-copies.ts'
import { removeVm } from '../../xapi/classes/vm-destroy.ts'
import { refreshVm } from '../../xapi/locks.ts'
import type { Ref, VMRecord } from '../../xapi/records/index.ts'
import type { ImportedObjects, ImportJob } from './import-plan.ts'
import type { OvaObjects } from './read-ova-objects.ts'
import { replaceExisting } from './restore-rules.ts'

/** Hosts by uuid, then metrics and VMs. A VM shows the operation `import` until its data is there. */
export function importVms(job: ImportJob, ova: OvaObjects, objects: ImportedObjects): void {
  const { state } = job.context
  for (const { id, record } of ova.of('host')) {
    const local = state.hosts.find(host => host.uuid === record.uuid)
    if (local) objects.set(id, local.ref)
  }
  for (const { id, record } of ova.of('VM_guest_metrics')) {
    const fields = { ...record, uuid: state.newUuid(), live: false }
    objects.set(id, state.database.create('VM_guest_metrics', fields))
  }
  for (const { id, record } of ova.of('VM_metrics')) {
    objects.set(id, state.database.create('VM_metrics', { ...record, uuid: state.newUuid() }))
  }
  for (const { id, record } of ova.of('VM')) {
    if (job.restore) replaceExisting(job, record)
    const vm = createVm(job, record, objects)
    objects.set(id, vm)
    objects.vms.push(vm)
    objects.onFailure(() => removeVm(state, vm))
    refreshVm(state, vm)
  }
}

function createVm(
  { context, restore }: ImportJob,
  record: VMRecord,
  objects: ImportedObjects,
): Ref {
  const { state, task } = context
  const suspendVdi = objects.find(record.suspend_VDI)
  const metrics = objects.find(record.metrics)
  const renewed = record.is_a_template || record.generation_id === ''
  return state.database.create('VM', {
    ...record,
    uuid: restore ? record.uuid : state.newUuid(),
    version: restore ? record.version + 1 : 0,
    other_config: otherConfig(record, restore ? undefined : state.newUuid(), task.ref),
    generation_id: renewed ? record.generation_id : freshGenerationId(state),
    power_state: suspendVdi === NULL_REF ? 'Halted' : record.power_state,
    suspend_VDI: suspendVdi,
    suspend_SR: objects.find(record.suspend_SR),
    affinity: objects.find(record.affinity),
    metrics: metrics === NULL_REF ? state.database.create('VM_metrics', {}) : metrics,
    guest_metrics: objects.find(record.guest_metrics),
    resident_on: NULL_REF,
    scheduled_to_be_resident_on: NULL_REF,
    domid: -1,
    consoles: [],
    crash_dumps: [],
    attached_PCIs: [],
    blobs: {},
    parent: NULL_REF,
    snapshot_of: NULL_REF,
    appliance: NULL_REF,
    snapshot_schedule: NULL_REF,
    protection_policy: NULL_REF,
    is_default_template: false,
    is_control_domain: false,
    current_operations: { [task.ref]: 'import' },
  })
}

function otherConfig({ other_config }: VMRecord, newSeed: string | undefined, task: Ref) {
  const { default_template: _dropped, ...kept } = other_config
  return { ...kept, ...(newSeed === undefined ? {} : { mac_seed: newSeed }), import_task: task }
}

/** The data is there: the VMs are ordinary ones from now on. */
export function releaseVms({ context }: ImportJob, { vms }: ImportedObjects): void {
  const { database } = context.state
  for (const vm of vms) {
    if (!database.find('VM', vm)) continue
    const { import_task: _done, ...other_config } = database.get('VM', vm).other_config
    database.update('VM', vm, { other_config, current_operations: {} })
    refreshVm(context.state, vm)
  }
}
