import type { VmMetadata } from '#core/points/vm-metadata.ts'
import type { XapiValue } from '../xapi/api.ts'
import { JOB_TAG, jobOfBlock, unfinishedName } from '../xapi/ours.ts'
import { NULL_REF } from '../xapi/records.ts'
import { withoutOurTags } from './new-vdi.ts'

/** Members that VM.create demands, with what stands in where an old point lacks them (data model: no default). */
const DEMANDED: Record<string, XapiValue> = {
  user_version: '1',
  VCPUs_params: {},
  VCPUs_max: '1',
  VCPUs_at_startup: '1',
  actions_after_shutdown: 'destroy',
  actions_after_reboot: 'restart',
  actions_after_crash: 'restart',
  PV_bootloader: '',
  PV_kernel: '',
  PV_ramdisk: '',
  PV_args: '',
  PV_bootloader_args: '',
  PV_legacy_args: '',
  HVM_boot_policy: '',
  HVM_boot_params: {},
  platform: {},
  PCI_bus: '',
  recommendations: '',
}

/** other_config keys that would give the new VM the identity or the duties of the old one. */
const NOT_INHERITED = ['mac_seed', 'auto_poweron', 'import_task', 'default_template']

const stringsOf = (value: unknown): Record<string, string> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, string>)
    : {}

/** other_config of the complete VM. */
export const finalOtherConfig = ({ record }: VmMetadata): Record<string, string> =>
  Object.fromEntries(
    Object.entries(withoutOurTags(stringsOf(record.other_config))).filter(
      ([key]) => !NOT_INHERITED.includes(key),
    ),
  )

/** Operations that a person had blocked on the VM that was backed up; our own blocks were for the backup only. */
export const finalBlockedOperations = ({ record }: VmMetadata): Record<string, string> =>
  Object.fromEntries(
    Object.entries(stringsOf(record.blocked_operations)).filter(
      ([, reason]) => jobOfBlock(reason) === undefined,
    ),
  )

/**
 * The record for VM.create: the VM as it was, under a new identity. MACs derive from a new seed, high availability and
 * start at boot are off, and `generation_id` is "0:0", so that a domain controller notices that time went back.
 */
export const newVmRecord = (metadata: VmMetadata, jobId: string): Record<string, XapiValue> => {
  const { blocked_operations: _, ...kept } = metadata.record
  return {
    ...DEMANDED,
    ...kept,
    name_label: unfinishedName(jobId),
    is_a_template: false,
    affinity: NULL_REF,
    appliance: NULL_REF,
    suspend_SR: NULL_REF,
    ha_always_run: false,
    ha_restart_priority: '',
    generation_id: '0:0',
    other_config: { ...finalOtherConfig(metadata), [JOB_TAG]: jobId },
  }
}
