import { refOf } from '../../identifiers.ts'
import { removeVm } from '../../xapi/classes/vm-destroy.ts'
import { XapiError } from '../../xapi/errors.ts'
import type { VMRecord } from '../../xapi/records/index.ts'
import type { ImportJob } from './import-plan.ts'

/**
 * What a VM that comes back under its own uuid asks of the one there now: halted, and older. The check of a dry run.
 *
 * @throws VM_BAD_POWER_STATE, VM_TO_IMPORT_IS_NOT_NEWER_VERSION, DUPLICATE_MAC_SEED
 */
export function assertReplaceable({ context, force }: ImportJob, imported: VMRecord): void {
  const { database } = context.state
  const ref = refOf(imported.uuid)
  const seed = imported.other_config.mac_seed
  for (const [otherRef, other] of database.all('VM')) {
    const foreign = otherRef !== ref && !other.is_a_snapshot
    if (seed !== undefined && foreign && other.other_config.mac_seed === seed) {
      throw new XapiError('DUPLICATE_MAC_SEED', seed)
    }
  }
  const existing = database.find('VM', ref)
  if (!existing) return
  if (existing.power_state !== 'Halted') {
    throw new XapiError('VM_BAD_POWER_STATE', ref, 'Halted', existing.power_state)
  }
  if (existing.version >= imported.version && !force) {
    const versions = [String(existing.version), String(imported.version)]
    throw new XapiError('VM_TO_IMPORT_IS_NOT_NEWER_VERSION', ref, ...versions)
  }
}

/** Makes room for it: the VM there now is destroyed, and its disks stay behind. @throws as `assertReplaceable` */
export function replaceExisting(job: ImportJob, imported: VMRecord): void {
  assertReplaceable(job, imported)
  const { state } = job.context
  const ref = refOf(imported.uuid)
  if (state.database.find('VM', ref)) removeVm(state, ref)
}
