import { afterEach, beforeEach, expect, test } from 'vitest'
import { type SimulatedPool, simulatedPool } from '#test/support/simulated-pool.ts'

type Row = Record<string, unknown>

let pool: SimulatedPool
let template: Row
let sr: unknown
beforeEach(async () => {
  pool = await simulatedPool({ vms: [{ name: 'web', disks: [] }] })
  const vm = await pool.rpc('VM.get_by_uuid', pool.vms.web)
  template = await pool.rpc<Row>('VM.get_record', vm)
  const [[, record] = []] = Object.entries(
    await pool.rpc<Record<string, Row>>('pool.get_all_records'),
  )
  sr = record?.default_SR
})
afterEach(() => pool.close())

const newVm = (fields: Row = {}) =>
  pool.rpc('VM.create', { ...template, power_state: 'Halted', name_label: 'new', ...fields })
const newVdi = (fields: Row = {}) =>
  pool.rpc('VDI.create', {
    SR: sr,
    virtual_size: 5_000_000,
    type: 'user',
    sharable: false,
    read_only: false,
    other_config: {},
    ...fields,
  })
const vbd = (VM: string, VDI: string, fields: Row = {}) => ({
  VM,
  VDI,
  userdevice: '0',
  bootable: true,
  mode: 'RW',
  type: 'Disk',
  empty: false,
  other_config: {},
  qos_algorithm_type: '',
  qos_algorithm_params: {},
  ...fields,
})

test('VM.create makes its own uuid, ignores blocked_operations and adds a mac_seed', async () => {
  const vm = await newVm({
    blocked_operations: { start: 'x' },
    other_config: {},
    is_a_snapshot: true,
  })
  expect(await pool.rpc('VM.get_record', vm)).toMatchObject({
    blocked_operations: {},
    is_a_snapshot: false,
    power_state: 'Halted',
    other_config: { mac_seed: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    VBDs: [],
  })
  expect(await pool.rpc('VM.get_uuid', vm)).not.toBe(pool.vms.web)
})

test('VM.create keeps the generation it is given; "0:0" stands in, as the data model has it', async () => {
  const generationOf = async (fields: Row) =>
    (await pool.rpc<Row>('VM.get_record', await newVm(fields))).generation_id
  expect(template.generation_id).toMatch(/^-?\d{5,}:-?\d{5,}$/)
  expect(await generationOf({ generation_id: '-12:34' })).toBe('-12:34')
  expect(await generationOf({ generation_id: undefined })).toBe('0:0')
})

test('VM.create names the member it misses and refuses memory out of order', async () => {
  const { recommendations: _, ...incomplete } = template
  expect(await pool.failure('VM.create', incomplete)).toStrictEqual([
    'INTERNAL_ERROR',
    'Server_helpers.Dispatcher_FieldNotFound("recommendations")',
  ])
  const failure = await pool.failure('VM.create', { ...template, memory_dynamic_max: 2 ** 50 })
  expect(failure[0]).toBe('MEMORY_CONSTRAINT_VIOLATION_ORDER')
})

test('VDI.create rounds up to whole VHD blocks', async () => {
  const vdi = await newVdi()
  expect(await pool.rpc('VDI.get_virtual_size', vdi)).toBe(3 * 2 ** 21)
  expect((await pool.failure('VDI.resize', vdi, 2 ** 20))[0]).toMatch(/^SR_BACKEND_FAILURE/)
  await pool.rpc('VDI.resize', vdi, 10_000_000)
  expect(await pool.rpc('VDI.get_virtual_size', vdi)).toBe(5 * 2 ** 21)
})

test('VBD.create checks slot, medium and mode', async () => {
  const [vm, vdi] = [await newVm(), await newVdi()]
  const made = await pool.rpc('VBD.create', vbd(vm, vdi))
  expect(await pool.rpc('VBD.get_other_config', made)).toStrictEqual({ owner: '' })
  expect(await pool.failure('VBD.create', vbd(vm, vdi))).toStrictEqual([
    'DEVICE_ALREADY_EXISTS',
    '0',
  ])
  expect(await pool.failure('VBD.create', vbd(vm, vdi, { userdevice: 'moon' }))).toStrictEqual([
    'INVALID_DEVICE',
    'moon',
  ])
  const cd = { userdevice: '3', type: 'CD', empty: true, VDI: 'OpaqueRef:NULL' }
  expect(await pool.failure('VBD.create', vbd(vm, '', cd))).toStrictEqual([
    'VBD_CDS_MUST_BE_READONLY',
  ])
  await pool.rpc('VBD.create', vbd(vm, '', { ...cd, mode: 'RO' }))
  const next = await pool.rpc('VBD.create', vbd(vm, vdi, { userdevice: 'autodetect' }))
  expect(await pool.rpc('VBD.get_userdevice', next)).toBe('1')
})

test('VIF.create derives the MAC from the seed unless one is given', async () => {
  const vm = await newVm({ other_config: { mac_seed: 'a seed' } })
  const [network] = await pool.rpc<string[]>('network.get_all')
  const vif = (device: string, MAC: string) => ({
    device,
    network,
    VM: vm,
    MAC,
    MTU: 1500,
    other_config: {},
    qos_algorithm_type: '',
    qos_algorithm_params: {},
  })
  const derived = await pool.rpc('VIF.create', vif('1', ''))
  // MD5 applied three times to "a seed", then the first byte made unicast and local.
  expect(await pool.rpc('VIF.get_MAC', derived)).toBe('4a:a8:9e:94:ff:a0')
  expect(await pool.failure('VIF.create', vif('1', ''))).toStrictEqual([
    'DEVICE_ALREADY_EXISTS',
    '1',
  ])
  expect(await pool.failure('VIF.create', vif('2', 'zz'))).toStrictEqual(['MAC_INVALID', 'zz'])
})

test('the setters a restore uses', async () => {
  const vm = await newVm({ other_config: {} })
  await pool.rpc('VM.set_bios_strings', vm, { 'bios-vendor': 'Xen' })
  expect(await pool.failure('VM.set_bios_strings', vm, {})).toStrictEqual([
    'VM_BIOS_STRINGS_ALREADY_SET',
  ])
  await pool.rpc('VM.set_memory_limits', vm, 2 ** 20, 2 ** 22, 2 ** 21, 2 ** 21)
  expect(await pool.failure('VM.set_order', vm, -1)).toStrictEqual(['INVALID_VALUE', 'order', '-1'])
  expect(await pool.failure('VM.set_ha_restart_priority', vm, 'always')).toStrictEqual([
    'INVALID_VALUE',
    'ha_restart_priority',
    'always',
  ])
  await pool.rpc('VM.add_to_NVRAM', vm, 'EFI-variables', 'AAAA')
  const tpm = await pool.rpc('VTPM.create', vm, false)
  await pool.rpc('VTPM.set_contents', tpm, 'c2VjcmV0')
  expect(await pool.rpc('VTPM.get_contents', tpm)).toBe('c2VjcmV0')
  expect(await pool.failure('VTPM.create', vm)).toStrictEqual(['VTPM_MAX_AMOUNT_REACHED', '1'])
  expect(await pool.rpc('VM.get_record', vm)).toMatchObject({
    NVRAM: { 'EFI-variables': 'AAAA' },
    VTPMs: [tpm],
  })
})

test('maps: adding a key twice fails, removing a missing one does not', async () => {
  const vm = await newVm()
  await pool.rpc('VM.add_to_xenstore_data', vm, 'k', 'v')
  expect(await pool.failure('VM.add_to_xenstore_data', vm, 'k', 'w')).toStrictEqual([
    'MAP_DUPLICATE_KEY',
    'VM',
    'xenstore_data',
    await pool.rpc('VM.get_uuid', vm),
    'k',
  ])
  await pool.rpc('VM.remove_from_xenstore_data', vm, 'missing')
  await pool.rpc('VM.remove_from_xenstore_data', vm, 'k')
  expect(await pool.rpc('VM.get_xenstore_data', vm)).toStrictEqual({})
})

test('get_all_records_where', async () => {
  const where = async (expression: string) =>
    Object.values(await pool.rpc<Record<string, Row>>('VM.get_all_records_where', expression)).map(
      row => row.name_label,
    )
  expect(
    await where('field "power_state"="Running" and field "is_control_domain"="false"'),
  ).toStrictEqual(['web'])
  expect(await where('field "name__label"="web" or false')).toStrictEqual(['web'])
  expect(await where('not (field "is_a_template"="true") and not true')).toStrictEqual([])
  expect((await pool.failure('VM.get_all_records_where', 'field "no"="x"'))[0]).toBe(
    'INTERNAL_ERROR',
  )
  expect((await pool.failure('VM.get_all_records_where', 'field'))[0]).toBe('INTERNAL_ERROR')
})
