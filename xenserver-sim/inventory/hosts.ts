import { hasReached, type Release } from '../releases.ts'
import type { SimHost, State } from '../state.ts'
import type { Ref } from '../xapi/records/index.ts'
import { macFor } from './mac.ts'

const GIB = 1024 ** 3
const HOST_MEMORY = 64 * GIB
const DOM0_MEMORY = 4 * GIB

export interface HostIdentity {
  readonly uuid: string
  readonly hostname: string
  readonly address: string
}

const softwareVersion = ({ brand, product, platform, xapi }: Release, hostname: string) => ({
  product_version: product,
  product_version_text: product.replace(/\.0$/, ''),
  product_version_text_short: product.replace(/\.0$/, ''),
  product_brand: brand,
  platform_name: 'XCP',
  platform_version: platform,
  build_number: 'cloud',
  xapi: xapi.join('.'),
  xapi_build: `${xapi.join('.')}.0`,
  xen: '4.17.4-3',
  linux: '4.19.0+1',
  hostname,
  date: '2024-05-21',
  network_backend: 'openvswitch',
  db_schema: '5.780',
})

/** The pool record; the coordinator is set once the hosts exist. */
export const addPool = (state: State, name: string, restrictions: Record<string, string>): Ref =>
  state.database.create('pool', {
    name_label: name,
    name_description: 'Simulated pool',
    restrictions,
    ha_cluster_stack: 'xhad',
    tls_verification_enabled: true,
  })

/** A host with its control domain and its metrics. */
export const addHost = (
  state: State,
  identity: HostIdentity,
  certificate: SimHost['certificate'],
): SimHost => {
  const { database, release } = state
  const metrics = database.create('host_metrics', {
    memory_total: HOST_MEMORY,
    memory_free: HOST_MEMORY - DOM0_MEMORY,
    live: true,
    last_updated: state.clock(),
  })
  const ref = database.create('host', {
    uuid: identity.uuid,
    name_label: identity.hostname,
    name_description: 'Simulated host',
    virtual_hardware_platform_versions: [0, 1, 2],
    hostname: identity.hostname,
    address: identity.address,
    enabled: true,
    metrics,
    memory_overhead: 512 * 1024 ** 2,
    API_version_major: 2,
    API_version_minor: release.api,
    API_version_vendor: 'XenSource',
    software_version: softwareVersion(release, identity.hostname),
    capabilities: ['xen-3.0-x86_64', 'hvm-3.0-x86_32', 'hvm-3.0-x86_64'],
    cpu_info: {
      ...{ cpu_count: '16', socket_count: '1', vendor: 'GenuineIntel', speed: '2593.906' },
      ...{ features_pv: '1fc9cbf5-f6b83203-2991cbf5', features_hvm: '1fcbfbff-f7ba3223-2d93fbff' },
    },
    edition: release.edition,
    sched_policy: 'credit',
    tls_verification_enabled: true,
    allowed_operations: [
      'provision',
      'evacuate',
      'reboot',
      'shutdown',
      'vm_start',
      'vm_resume',
      'vm_migrate',
    ],
  })
  const dom0 = database.create('VM', {
    name_label: `Control domain on host: ${identity.hostname}`,
    is_control_domain: true,
    power_state: 'Running',
    resident_on: ref,
    affinity: ref,
    domid: 0,
    domain_type: 'pv',
    memory_static_max: DOM0_MEMORY,
    memory_dynamic_max: DOM0_MEMORY,
    memory_dynamic_min: DOM0_MEMORY,
    memory_target: DOM0_MEMORY,
    VCPUs_max: 4,
    VCPUs_at_startup: 4,
    metrics: database.create('VM_metrics', { memory_actual: DOM0_MEMORY, VCPUs_number: 4 }),
  })
  database.update('host', ref, { control_domain: dom0 })
  database.create('Certificate', {
    type: 'host',
    host: ref,
    fingerprint: certificate.fingerprint,
    not_before: state.clock(),
    not_after: new Date(state.clock().getTime() + 3650 * 24 * 60 * 60 * 1000),
  })
  return { ref, uuid: identity.uuid, address: identity.address, certificate, nbdPort: 0 }
}

/** The management network with one interface per host; NBD runs over it. */
export const addNetwork = (
  state: State,
  hosts: readonly SimHost[],
  purpose: 'nbd' | 'insecure_nbd' | 'none',
): Ref => {
  const network = state.database.create('network', {
    name_label: 'Pool-wide network associated with eth0',
    bridge: 'xenbr0',
    managed: true,
    // NBD came with changed-block tracking, in XenServer 7.3.
    purpose: purpose === 'none' || !hasReached(state.release, 'inverness') ? [] : [purpose],
  })
  for (const host of hosts)
    state.database.create('PIF', {
      device: 'eth0',
      network,
      host: host.ref,
      MAC: macFor(host.uuid, 0),
      MTU: 1500,
      VLAN: -1,
      physical: true,
      managed: true,
      management: true,
      currently_attached: true,
      ip_configuration_mode: 'Static',
      IP: host.address,
      netmask: '255.0.0.0',
    })
  return network
}
