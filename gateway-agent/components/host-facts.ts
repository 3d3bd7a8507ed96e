import { z } from 'zod'
import { isXapiError } from '#core/errors/xenserver.ts'
import type { HostFacts } from '#core/points/component-subject.ts'
import type { Ref, Xapi } from '../xapi/api.ts'
import { NULL_REF, Refs, RefText, recordsOf, Strings } from '../xapi/records.ts'
import { HostNotFoundError } from './errors.ts'
import { withoutSecrets } from './withheld.ts'

const Host = z.looseObject({
  uuid: z.string(),
  name_label: z.string(),
  hostname: z.string(),
  address: z.string(),
  software_version: Strings,
  edition: z.string().default(''),
  other_config: Strings,
  iscsi_iqn: z.string().optional(),
  multipathing: z.boolean().optional(),
})
const Pif = z.looseObject({
  device: z.string(),
  network: RefText,
  host: RefText,
  MAC: z.string(),
  VLAN: z.union([z.string(), z.int()]).transform(Number),
  management: z.boolean(),
  ip_configuration_mode: z.string(),
  IP: z.string(),
  netmask: z.string(),
  gateway: z.string(),
  DNS: z.string(),
  bond_master_of: Refs.default([]),
  bond_slave_of: RefText.default(NULL_REF),
})
type Pif = z.infer<typeof Pif>
const Network = z.looseObject({ name_label: z.string(), bridge: z.string() })
const Pbd = z.looseObject({
  host: RefText,
  SR: RefText,
  device_config: Strings,
  currently_attached: z.boolean(),
})
const Sr = z.looseObject({
  uuid: z.string(),
  name_label: z.string(),
  type: z.string(),
  shared: z.boolean(),
})
const Certificate = z.looseObject({
  host: RefText,
  type: z.string().default('host'),
  fingerprint: z.string(),
  not_after: z.date().optional(),
})

const certificatesOf = async ({ call }: Xapi, host: Ref): Promise<HostFacts['certificates']> => {
  const asked = call('Certificate.get_all_records', [], recordsOf(Certificate))
  const all = await asked.catch(error => {
    // Releases before 8.2 have no objects for certificates.
    if (isXapiError(error, 'MESSAGE_METHOD_UNKNOWN')) return {}
    throw error
  })
  return Object.values(all)
    .filter(certificate => certificate.host === host)
    .map(({ type, fingerprint, not_after }) => ({
      type,
      fingerprint,
      ...(not_after && { notAfter: not_after.getTime() }),
    }))
}

const interfacesOf = async ({ call }: Xapi, host: Ref): Promise<HostFacts['interfaces']> => {
  const networks = await call('network.get_all_records', [], recordsOf(Network))
  const all = Object.values(await call('PIF.get_all_records', [], recordsOf(Pif)))
  const pifs = all.filter(pif => pif.host === host)
  const bondsOf = ({ bond_master_of }: Pif) =>
    pifs
      .filter(({ bond_slave_of }) => bond_master_of.includes(bond_slave_of))
      .map(({ device }) => device)
  return pifs
    .map(pif => ({
      device: pif.device,
      network: networks[pif.network]?.name_label ?? '',
      bridge: networks[pif.network]?.bridge ?? '',
      mac: pif.MAC,
      vlan: pif.VLAN,
      ...(pif.bond_master_of.length > 0 && { bonds: bondsOf(pif) }),
      management: pif.management,
      mode: pif.ip_configuration_mode,
      ip: pif.IP,
      netmask: pif.netmask,
      gateway: pif.gateway,
      dns: pif.DNS,
    }))
    .sort((a, b) => a.device.localeCompare(b.device) || a.vlan - b.vlan)
}

const storageOf = async ({ call }: Xapi, host: Ref): Promise<HostFacts['storage']> => {
  const srs = await call('SR.get_all_records', [], recordsOf(Sr))
  const pbds = Object.values(await call('PBD.get_all_records', [], recordsOf(Pbd)))
  return pbds
    .filter(pbd => pbd.host === host)
    .flatMap(({ SR, device_config, currently_attached: attached }) => {
      const sr = srs[SR]
      if (!sr) return []
      const { uuid: srUuid, name_label: name, type, shared } = sr
      return [{ srUuid, name, type, shared, attached, ...withoutSecrets(device_config) }]
    })
    .sort((a, b) => a.name.localeCompare(b.name))
}

/** @throws `HOST_NOT_FOUND` */
export const findHost = async ({ call }: Xapi, uuid: string) => {
  const hosts = Object.entries(await call('host.get_all_records', [], recordsOf(Host)))
  const [ref, record] = hosts.find(([, host]) => host.uuid === uuid) ?? []
  if (!ref || !record) throw new HostNotFoundError(uuid)
  return { ref, record }
}

/** Seven calls, however large the pool is. @throws `HOST_NOT_FOUND` */
export const readHostFacts = async (xapi: Xapi, uuid: string): Promise<HostFacts> => {
  const { ref, record } = await findHost(xapi, uuid)
  return {
    uuid,
    name: record.name_label,
    hostname: record.hostname,
    address: record.address,
    softwareVersion: record.software_version,
    edition: record.edition,
    // Fields of their own since 7.6; keys of other_config before.
    iscsiIqn: record.iscsi_iqn ?? record.other_config.iscsi_iqn ?? '',
    multipathing: record.multipathing ?? record.other_config.multipathing === 'true',
    certificates: await certificatesOf(xapi, ref),
    interfaces: await interfacesOf(xapi, ref),
    storage: await storageOf(xapi, ref),
  }
}
