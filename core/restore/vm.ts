import type { RestoreWishes } from '../contracts/restore.ts'
import { makerOfBlock, withoutMarks } from '../points/marks.ts'
import type { VmMetadata } from '../points/vm-metadata.ts'

/** Of every restore of a point that holds the memory of the VM. */
export const MEMORY_NOT_RESUMED =
  'The memory image of the recovery point was not resumed; the machine starts as after a power cut.'

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

/** other_config keys that no restored VM has. */
const NEVER_INHERITED = ['import_task', 'default_template']
/** Keys that would give a new VM the identity or the duties of the old one. */
const NOT_INHERITED = [...NEVER_INHERITED, 'mac_seed', 'auto_poweron']

const stringsOf = (value: unknown): Record<string, string> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, string>)
    : {}

/**
 * The VM as it was. Under a new identity MAC addresses derive from a new seed, and it does not start with its host. High availability
 * is off unless asked for, and `generation_id` is "0:0", so that a domain controller notices that time went back.
 */
export const planVm = (
  metadata: VmMetadata,
  wishes: RestoreWishes = {},
): { plan: VmPlan; notes: string[] } => {
  const { blocked_operations, other_config, version: _counted, ...kept } = metadata.record
  const config = stringsOf(other_config)
  const dropped = wishes.identity === 'same' ? NEVER_INHERITED : NOT_INHERITED
  // MAC addresses that nobody set derive from it.
  const seeds = wishes.macs === 'new' ? ['mac_seed'] : []
  return {
    plan: {
      record: {
        ...DEMANDED,
        ...kept,
        is_a_template: false,
        ha_always_run: false,
        ha_restart_priority: wishes.keepHa ? (kept.ha_restart_priority ?? '') : '',
        generation_id: '0:0',
      },
      template: kept.is_a_template === true,
      otherConfig: Object.fromEntries(
        Object.entries(withoutMarks(config)).filter(
          ([key]) => ![...dropped, ...seeds].includes(key),
        ),
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
    notes: notesOn(metadata, wishes, config),
  }
}

const notesOn = (
  { record, vtpms, vtpmStates = [], homeServer, appliance, hostDevices = [], memory }: VmMetadata,
  { identity, keepHa, keepAppliance, homeServer: asked, resume }: RestoreWishes,
  config: Record<string, string>,
): string[] => {
  const vm = identity === 'same' ? 'The restored VM' : 'The new VM'
  return [
    ...(memory && !resume ? [MEMORY_NOT_RESUMED] : []),
    ...vtpmNotes(vtpms, vtpmStates),
    ...(record.ha_restart_priority && !keepHa
      ? [
          `High availability is off for ${vm.toLowerCase().replace('vm', 'VM')}; set its restart priority when wanted.`,
        ]
      : []),
    ...(config.auto_poweron === 'true' && identity !== 'same'
      ? ['The new VM does not start with its host; switch that on when wanted.']
      : []),
    ...(homeServer && !asked ? [`The home server "${homeServer.name}" was not carried over.`] : []),
    ...(appliance && !keepAppliance
      ? [
          `The VM was in the vApp "${appliance.name}"; ${vm === 'The new VM' ? 'the new one' : 'it'} is in none.`,
        ]
      : []),
    ...hostDevices.map(device => `${device} belonged to a host and is not part of the new VM.`),
  ]
}

const vtpmNotes = (count: number, states: NonNullable<VmMetadata['vtpmStates']>): string[] => {
  if (count === 0) return []
  const missing = states.find(({ content }) => content === undefined)
  if (states.length > 0 && !missing) return []
  return [
    `The virtual TPM of the VM is not in the recovery point; the new VM has none.${missing?.reason ? ` ${missing.reason}` : ''}`,
  ]
}
