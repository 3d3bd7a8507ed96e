import { NULL_REF } from '../../identifiers.ts'
import { storageType } from '../../inventory/storage-types.ts'
import { nbdPurposes } from '../../nbd-service.ts'
import type { State } from '../../state.ts'
import { pause } from '../../wait.ts'
import { XapiError } from '../errors.ts'
import type { Call, Implementation } from '../implementation.ts'
import { refreshVdi, withVdiOperation } from '../locks.ts'
import { hostOf } from '../pool-hosts.ts'
import type { Messages, Ref, VDIRecord } from '../records/index.ts'
import { vdiCbt } from './vdi-cbt.ts'
import { cloneVdi, copyData, copyVdi, removeVdi, snapshotVdi } from './vdi-copies.ts'
import { vdiMigrate } from './vdi-migrate.ts'

const VHD_BLOCK = 2 * 1024 * 1024 // VHD repositories round sizes up to whole blocks

const assertUsable = (state: State, sr: Ref) => {
  const { PBDs } = state.database.get('SR', sr)
  if (PBDs.length === 0) throw new XapiError('SR_HAS_NO_PBDS', sr)
  if (!PBDs.some(pbd => state.database.get('PBD', pbd).currently_attached))
    throw new XapiError('SR_NOT_ATTACHED', sr)
}

const createVdi = ({ state }: Call, args: Partial<VDIRecord>): Ref => {
  const { SR = NULL_REF, virtual_size = 0, type } = args
  if (type === 'cbt_metadata') throw new XapiError('VDI_INCOMPATIBLE_TYPE', NULL_REF, type)
  assertUsable(state, SR)
  if (state.database.get('SR', SR).content_type === 'iso')
    throw new XapiError('SR_OPERATION_NOT_SUPPORTED', SR)
  const { largestDisk, smConfig } = storageType(state.database.get('SR', SR).type)
  if (virtual_size <= 0 || virtual_size > largestDisk)
    throw new XapiError(
      'SR_BACKEND_FAILURE_79',
      '',
      `VDI Invalid size [opterr=VDI size must be between 1 MB and ${largestDisk / 1024 ** 2} MB]`,
      '',
    )
  const size = Math.ceil(virtual_size / VHD_BLOCK) * VHD_BLOCK
  const uuid = state.newUuid()
  state.disks.createEmpty(uuid, size)
  const ref = state.database.create('VDI', {
    ...args,
    uuid,
    location: uuid,
    virtual_size: size,
    managed: true,
    physical_utilisation: state.disks.physicalUtilisation(uuid),
    sm_config: { ...args.sm_config, ...smConfig },
  })
  refreshVdi(state, ref)
  return ref
}

/** One record per host that sees the disk and address of its interface on a network meant for NBD. */
const nbdInfo = ({ state, session }: Call, self: Ref) => {
  const vdi = state.database.get('VDI', self)
  if (vdi.type === 'cbt_metadata') throw new XapiError('VDI_INCOMPATIBLE_TYPE', self, vdi.type)
  if (nbdPurposes(state).size !== 1) return []
  const hosts = state.database.get('SR', vdi.SR).PBDs.flatMap(ref => {
    const pbd = state.database.get('PBD', ref)
    return pbd.currently_attached ? [pbd.host] : []
  })
  return hosts.flatMap(hostRef => {
    const host = hostOf(state, hostRef)
    return state.database.get('host', hostRef).PIFs.flatMap(ref => {
      const pif = state.database.get('PIF', ref)
      const usable =
        pif.currently_attached && state.database.get('network', pif.network).purpose.length > 0
      if (!usable || pif.IP === '') return []
      return [
        {
          exportname: `/${vdi.uuid}?session_id=${session}`,
          address: pif.IP,
          port: host.nbdPort,
          cert: host.certificate.certificatePem,
          subject: host.certificate.subject,
        },
      ]
    })
  })
}

const resize = (call: Call, vdi: Ref, size: number) =>
  withVdiOperation(call.state, vdi, 'resize', call.task, async () => {
    const { uuid } = call.state.database.get('VDI', vdi)
    const rounded = Math.ceil(size / VHD_BLOCK) * VHD_BLOCK
    call.state.disks.resize(uuid, rounded)
    call.state.database.update('VDI', vdi, { virtual_size: rounded })
  })

const copyInto = async ({ state }: Call, vdi: Ref, into: Ref): Promise<Ref> => {
  const [source, target] = [state.database.get('VDI', vdi), state.database.get('VDI', into)]
  if (target.read_only) throw new XapiError('VDI_READONLY', into)
  if (target.virtual_size < source.virtual_size)
    throw new XapiError('VDI_TOO_SMALL', into, String(source.virtual_size))
  await copyData(state, source.uuid, target.uuid)
  return into
}

type Rename = 'set_name_label' | 'set_name_description'

const settings: Implementation<
  Pick<
    Messages['VDI'],
    Rename | 'set_read_only' | 'set_sharable' | 'set_on_boot' | 'set_allow_caching'
  >
> = {
  set_name_label: ({ state }, self, value) =>
    state.database.update('VDI', self, { name_label: value }),
  set_name_description: ({ state }, self, value) =>
    state.database.update('VDI', self, { name_description: value }),
  set_read_only: ({ state }, self, value) =>
    state.database.update('VDI', self, { read_only: value }),
  set_sharable: ({ state }, self, value) => state.database.update('VDI', self, { sharable: value }),
  set_on_boot: ({ state }, self, value) => {
    if (state.database.get('VDI', self).cbt_enabled && value === 'reset')
      throw new XapiError('VDI_CBT_ENABLED', self)
    state.database.update('VDI', self, { on_boot: value })
  },
  set_allow_caching: ({ state }, self, value) =>
    state.database.update('VDI', self, { allow_caching: value }),
}

export const vdi: Implementation<Messages['VDI']> = {
  ...vdiCbt,
  ...vdiMigrate,
  ...settings,
  create: (call, args) => createVdi(call, args as Partial<VDIRecord>),
  snapshot: (call, vdiRef) =>
    withVdiOperation(call.state, vdiRef, 'snapshot', call.task, async () => {
      await pause(call.state, call.state.timing.snapshot)
      return snapshotVdi(call.state, vdiRef)
    }),
  clone: (call, vdiRef) =>
    withVdiOperation(call.state, vdiRef, 'clone', call.task, async () =>
      cloneVdi(call.state, vdiRef),
    ),
  copy: (call, vdiRef, sr, _base, into) =>
    withVdiOperation(call.state, vdiRef, 'copy', call.task, () =>
      into === NULL_REF ? copyVdi(call.state, vdiRef, sr) : copyInto(call, vdiRef, into),
    ),
  resize,
  destroy: (call, self) =>
    withVdiOperation(call.state, self, 'destroy', call.task, async () =>
      removeVdi(call.state, self),
    ),
  // Only the record goes; a scan of the repository would find the disk again.
  forget: ({ state, task }, self) =>
    withVdiOperation(state, self, 'forget', task, async () => state.database.remove('VDI', self)),
  update: ({ state }, self) => {
    state.database.get('VDI', self)
  },
  get_nbd_info: (call, self) => nbdInfo(call, self),
}
