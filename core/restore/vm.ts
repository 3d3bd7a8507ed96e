import { makerOfBlock, withoutMarks } from '../points/marks.ts'
import type { VmMetadata } from '../points/vm-metadata.ts'

type Fields = VmMetadata['record']

export interface VmPlan {
  /** Members of the record for `VM.create` that follow from the point; the caller adds name, marks and null references. */
  record: Fields
  /** other_config of the complete VM; XAPI adds a new `mac_seed`. */
  otherConfig: Record<string, string>
  /** Operations that a person had blocked. `VM.create` ignores them, so they are set at the end. */
  blockedOperations: Record<string, string>
  /** It was a custom template; the flag is set when all else is done. */
  template: boolean
  /** For `VM.set_bios_strings`, which works once in the life of a VM. */
  biosStrings: Record<string, string>
}

/** Members that VM.create demands, with what stands in where an old point lacks them (data model: no default). */
const DEMANDED: Fields = {
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

/**
 * The VM as it was, under a new identity: MAC addresses derive from a new seed, high availability and start with the host are
 * off, and `generation_id` is "0:0", so that a domain controller notices that time went back.
 */
export const planVm = (metadata: VmMetadata): { plan: VmPlan; notes: string[] } => {
  const { blocked_operations, other_config, ...kept } = metadata.record
  const config = stringsOf(other_config)
  return {
    plan: {
      record: {
        ...DEMANDED,
        ...kept,
        is_a_template: false,
        ha_always_run: false,
        ha_restart_priority: '',
        generation_id: '0:0',
      },
      template: kept.is_a_template === true,
      otherConfig: Object.fromEntries(
        Object.entries(withoutMarks(config)).filter(([key]) => !NOT_INHERITED.includes(key)),
      ),
      blockedOperations: Object.fromEntries(
        Object.entries(stringsOf(blocked_operations)).filter(
          ([, reason]) => makerOfBlock(reason) === undefined,
        ),
      ),
      // Only these may be set by VM.set_bios_strings; the others XAPI makes itself.
      biosStrings: Object.fromEntries(
        Object.entries(metadata.biosStrings).filter(
          ([key, value]) => /^(bios|system|baseboard|enclosure)-/.test(key) && value !== '',
        ),
      ),
    },
    notes: [
      ...(metadata.vtpms > 0
        ? ['The virtual TPM of the VM is not in the recovery point; the new VM has none.']
        : []),
      ...(kept.ha_restart_priority
        ? ['High availability is off for the new VM; set its restart priority when wanted.']
        : []),
      ...(config.auto_poweron === 'true'
        ? ['The new VM does not start with its host; switch that on when wanted.']
        : []),
      ...(metadata.homeServer
        ? [`The home server "${metadata.homeServer.name}" was not carried over.`]
        : []),
      ...(metadata.appliance
        ? [`The VM was in the vApp "${metadata.appliance.name}"; the new one is in none.`]
        : []),
      ...(metadata.hostDevices ?? []).map(
        device => `${device} belonged to a host and is not part of the new VM.`,
      ),
    ],
  }
}
