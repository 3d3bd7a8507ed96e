import { hasReached } from '../releases.ts'
import type { SimHost, State } from '../state.ts'
import type { Ref } from '../xapi/records/index.ts'
import { type StorageTypeName, storageType, storageTypeNames } from './storage-types.ts'

const TIB = 1024 ** 4

const features = [
  'SR_PROBE',
  'SR_UPDATE',
  'SR_SUPPORTS_LOCAL_CACHING',
  'VDI_CREATE',
  'VDI_DELETE',
  'VDI_ATTACH',
  'VDI_DETACH',
  'VDI_UPDATE',
  'VDI_CLONE',
  'VDI_SNAPSHOT',
  'VDI_RESIZE',
  'VDI_MIRROR',
  'VDI_GENERATE_CONFIG',
  'VDI_RESET_ON_BOOT',
  'VDI_CONFIG_CBT',
]

const addDriver = (state: State, type: string, known: readonly string[]) => {
  const tracking = hasReached(state.release, 'inverness')
  const offered = known.filter(feature => tracking || feature !== 'VDI_CONFIG_CBT')
  return state.database.create('SM', {
    name_label: type,
    name_description: `Simulated ${type} driver`,
    type,
    vendor: 'simulator',
    version: '1.0',
    required_api_version: '1.0',
    capabilities: [...offered],
    features: Object.fromEntries(offered.map(feature => [feature, 1])),
    driver_filename: `/opt/xensource/sm/${type}SR`,
  })
}

const plugEverywhere = (
  state: State,
  sr: Ref,
  hosts: readonly SimHost[],
  config: Record<string, string>,
) => {
  for (const host of hosts)
    state.database.create('PBD', {
      host: host.ref,
      SR: sr,
      device_config: config,
      currently_attached: true,
    })
}

export interface Storage {
  /** The shared repository that holds the VMs' disks; the pool's default. */
  readonly shared: Ref
  readonly iso: Ref
}

/** A storage repository for disks, seen by every host. */
export const addRepository = (
  state: State,
  hosts: readonly SimHost[],
  type: StorageTypeName,
  name: string,
): Ref => {
  const { description, shared, deviceConfig } = storageType(type)
  const sr = state.database.create('SR', {
    name_label: name,
    name_description: description,
    type,
    content_type: 'user',
    shared,
    physical_size: 4 * TIB,
    allowed_operations: [
      'scan',
      'update',
      'vdi_create',
      'vdi_destroy',
      'vdi_clone',
      'vdi_snapshot',
      'vdi_resize',
      'vdi_enable_cbt',
      'vdi_disable_cbt',
      'vdi_data_destroy',
      'vdi_list_changed_blocks',
    ],
  })
  plugEverywhere(state, sr, hosts, deviceConfig)
  return sr
}

/** Storage drivers, a repository for disks, by default one that can track changed blocks, and an ISO library. */
export const addStorage = (
  state: State,
  hosts: readonly SimHost[],
  type: StorageTypeName = 'nfs',
): Storage => {
  for (const name of storageTypeNames) {
    const known = features.filter(feature => storageType(name).cbt || feature !== 'VDI_CONFIG_CBT')
    addDriver(state, name, known)
  }
  addDriver(state, 'iso', [
    'SR_PROBE',
    'SR_UPDATE',
    'VDI_CREATE',
    'VDI_DELETE',
    'VDI_ATTACH',
    'VDI_DETACH',
  ])
  const shared = addRepository(state, hosts, type, 'Shared storage')
  const iso = state.database.create('SR', {
    name_label: 'XCP-ng Tools',
    name_description: 'XCP-ng Tools ISOs',
    type: 'iso',
    content_type: 'iso',
    shared: true,
    is_tools_sr: true,
    allowed_operations: ['scan', 'update'],
  })
  plugEverywhere(state, iso, hosts, {
    location: '/opt/xensource/packages/iso',
    legacy_mode: 'true',
  })
  state.database.create('VDI', {
    name_label: 'guest-tools.iso',
    SR: iso,
    type: 'user',
    virtual_size: 67_000_320,
    read_only: true,
    sharable: true,
    managed: true,
    location: 'guest-tools.iso',
    is_tools_iso: true,
  })
  return { shared, iso }
}
