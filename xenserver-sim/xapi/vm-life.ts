import { NULL_REF } from '../identifiers.ts'
import { ordinaryGuest, type SimHost, type State } from '../state.ts'
import { dropBrokenLog } from './broken-change-log.ts'
import { XapiError } from './errors.ts'
import { refreshVdi, refreshVm } from './locks.ts'
import type { Ref } from './records/index.ts'
import { attachments } from './vdi-rules.ts'

/** `xvda` for device 0, `xvdb` for 1, … `xvdaa` for 26. */
export const deviceName = (userdevice: string): string => {
  const number = Number(userdevice)
  const letter = (n: number) => String.fromCharCode(97 + n)
  return number < 26
    ? `xvd${letter(number)}`
    : `xvd${letter(Math.floor(number / 26) - 1)}${letter(number % 26)}`
}

const nextDomid = (state: State) =>
  Math.max(...[...state.database.all('VM').values()].map(vm => vm.domid)) + 1

/** How the VM's guest behaves. */
export const guestOf = (state: State, vm: Ref) =>
  state.guests.get(state.database.get('VM', vm).uuid) ?? ordinaryGuest

const guestMetrics = (state: State, device: string) =>
  state.database.create('VM_guest_metrics', {
    os_version: {
      name: 'Debian GNU/Linux 12 (bookworm)',
      distro: 'debian',
      major: '12',
      minor: '0',
      uname: '6.1.0',
    },
    PV_drivers_version: { major: '7', minor: '30', micro: '0', build: '12' },
    PV_drivers_up_to_date: true,
    PV_drivers_detected: true,
    networks: { [`${device}/ip`]: '192.0.2.10' },
    other: {
      'feature-shutdown': '1',
      'feature-reboot': '1',
      'feature-suspend': '1',
      'feature-poweroff': '1',
    },
    live: true,
    last_updated: state.clock(),
    can_use_hotplug_vbd: 'yes',
    can_use_hotplug_vif: 'yes',
  })

/** Memory of a host that no running VM holds, in bytes. */
export const freeMemory = (state: State, host: Ref): number => {
  const record = state.database.get('host', host)
  const { memory_total } = state.database.get('host_metrics', record.metrics)
  const used = record.resident_VMs.map(ref => state.database.get('VM', ref).memory_dynamic_max)
  return memory_total - used.reduce((sum, bytes) => sum + bytes, 0)
}

const refreshHostMetrics = (state: State, host: Ref) => {
  const record = state.database.find('host', host)
  if (record)
    state.database.update('host_metrics', record.metrics, {
      memory_free: freeMemory(state, host),
      last_updated: state.clock(),
    })
}

/** @param only those that were attached when the VM was suspended */
const plugDevices = (state: State, vm: Ref, attached: boolean, only = false) => {
  const { VBDs, VIFs } = state.database.get('VM', vm)
  for (const ref of VBDs) {
    const vbd = state.database.get('VBD', ref)
    if (only && !vbd.currently_attached) continue
    if (attached && !vbd.empty && vbd.mode === 'RW') dropBrokenLog(state, vbd.VDI)
    state.database.update('VBD', ref, {
      currently_attached: attached && !vbd.empty,
      device: attached ? deviceName(vbd.userdevice) : '',
      allowed_operations: attached
        ? ['attach', 'unpause', 'pause', 'unplug', 'unplug_force']
        : ['attach', 'unpause', 'pause'],
    })
    refreshVdi(state, vbd.VDI)
  }
  for (const ref of VIFs) {
    if (only && !state.database.get('VIF', ref).currently_attached) continue
    state.database.update('VIF', ref, {
      currently_attached: attached,
      allowed_operations: attached ? ['attach', 'unplug'] : ['attach'],
    })
  }
}

/** What the guest may use of the processor from its boot on, wherever it goes on. */
const bootFlags = (state: State, vm: Ref, host: Ref) => {
  const { cpu_info } = state.database.get('host', host)
  const { domain_type } = state.database.get('VM', vm)
  const features = domain_type === 'pv' ? cpu_info.features_pv : cpu_info.features_hvm
  return { vendor: cpu_info.vendor ?? '', features: features ?? '' }
}

/** Throws VDI_IN_USE when a disk of the VM is attached elsewhere (a stream, another VM). */
export const assertDisksFree = (state: State, vm: Ref): void => {
  for (const ref of state.database.get('VM', vm).VBDs) {
    const vbd = state.database.get('VBD', ref)
    if (vbd.empty || vbd.mode === 'RO') continue
    if (attachments(state, vbd.VDI).length > 0) throw new XapiError('VDI_IN_USE', vbd.VDI, 'attach')
  }
}

/** What the guest does by itself in this life of its domain: its tools report, or it crashes. */
const bootGuest = (state: State, vm: Ref): void => {
  const { toolsAfter, crashAfter, verdict } = state.runtime.guestBoot
  const { domid } = state.database.get('VM', vm)
  const report = () => {
    const { xenstore_data } = state.database.get('VM', vm)
    state.database.update('VM', vm, {
      guest_metrics: guestMetrics(state, '0'),
      ...(verdict !== undefined && {
        xenstore_data: { ...xenstore_data, 'vm-data/xenkeep/verdict': verdict },
      }),
    })
    refreshVm(state, vm)
  }
  const later = (milliseconds: number, work: () => void) => {
    setTimeout(() => {
      if (!state.closing.aborted && state.database.find('VM', vm)?.domid === domid) work()
    }, milliseconds).unref()
  }
  const { tools } = guestOf(state, vm)
  if (tools && toolsAfter === 0) report()
  else if (tools && toolsAfter !== undefined) later(toolsAfter, report)
  if (crashAfter !== undefined) later(crashAfter, () => leaveRunning(state, vm, 'Halted'))
}

/** The VM is Running (or Paused) on the host: devices attached, guest agent reporting. */
export const enterRunning = (
  state: State,
  vm: Ref,
  host: SimHost,
  powerState: 'Running' | 'Paused' = 'Running',
): void => {
  const record = state.database.get('VM', vm)
  const resumed = record.power_state === 'Suspended'
  plugDevices(state, vm, true, resumed)
  const booted = {
    last_boot_CPU_flags: bootFlags(state, vm, host.ref),
    last_booted_record: `(domain (vm ${record.uuid}) (memory ${record.memory_static_max}))`,
  }
  state.database.update('VM', vm, {
    ...(resumed ? {} : booted),
    power_state: powerState,
    resident_on: host.ref,
    domid: nextDomid(state),
    guest_metrics: NULL_REF,
    memory_target: record.memory_dynamic_max,
    ha_always_run: record.ha_restart_priority === 'restart',
  })
  if (state.database.find('VM_guest_metrics', record.guest_metrics))
    state.database.remove('VM_guest_metrics', record.guest_metrics)
  const metrics = state.database.find('VM_metrics', record.metrics)
  if (metrics)
    state.database.update('VM_metrics', record.metrics, {
      ...(resumed ? {} : { start_time: startTimeAfter(metrics.start_time, state.clock()) }),
      memory_actual: record.memory_dynamic_max,
      last_updated: state.clock(),
    })
  refreshHostMetrics(state, host.ref)
  bootGuest(state, vm)
  refreshVm(state, vm)
}

/** XAPI tells whole seconds, and no VM starts twice within one; ours would, so that two starts looked like one. */
const startTimeAfter = (before: Date, now: Date): Date =>
  new Date(Math.max(now.getTime(), before.getTime() + 1_000))

/** The VM's domain is gone: Halted, or Suspended when its memory was written to a disk. */
export const leaveRunning = (state: State, vm: Ref, powerState: 'Halted' | 'Suspended'): void => {
  const { resident_on, metrics } = state.database.get('VM', vm)
  // What a suspended VM had, it says it has until it is resumed or switched off.
  if (powerState === 'Halted') plugDevices(state, vm, false)
  state.database.update('VM', vm, {
    power_state: powerState,
    resident_on: NULL_REF,
    domid: -1,
    ha_always_run: false,
  })
  if (state.database.find('VM_metrics', metrics))
    state.database.update('VM_metrics', metrics, { memory_actual: 0, last_updated: state.clock() })
  refreshHostMetrics(state, resident_on)
  refreshVm(state, vm)
}
