import { z } from 'zod'
import type { VmMetadata } from '#core/points/vm-metadata.ts'
import type { TargetFacts } from '#core/restore/plan.ts'
import type { Xapi } from '../xapi/api.ts'
import { NetworkRecord, PifRecord, recordsOf, SrRecord, VdiRecord } from '../xapi/records.ts'

const IsoRecord = VdiRecord.extend({ location: z.string() })

/** What a restore plan needs to know of this pool; only what `metadata` asks for is read. */
export const readFacts = async (
  { call }: Xapi,
  { vifs, cds }: Pick<VmMetadata, 'vifs' | 'cds'>,
): Promise<TargetFacts> => ({
  networks: vifs.length > 0 ? await readNetworks(call) : [],
  isos: cds.some(({ iso }) => iso) ? await readIsos(call) : [],
})

const readNetworks = async (call: Xapi['call']): Promise<TargetFacts['networks']> => {
  const networks = await call('network.get_all_records', [], recordsOf(NetworkRecord))
  const pifs = Object.values(await call('PIF.get_all_records', [], recordsOf(PifRecord)))
  return Object.entries(networks).map(([ref, { uuid, name_label: name }]) => ({
    uuid,
    name,
    vlans: pifs.filter(({ network }) => network === ref).map(({ VLAN }) => VLAN),
  }))
}

const readIsos = async (call: Xapi['call']): Promise<TargetFacts['isos']> => {
  const srs = await call('SR.get_all_records', [], recordsOf(SrRecord))
  const vdis = await call('VDI.get_all_records', [], recordsOf(IsoRecord))
  return Object.values(vdis)
    .filter(({ SR }) => srs[SR]?.content_type === 'iso')
    .map(({ uuid, location }) => ({ uuid, location }))
}
