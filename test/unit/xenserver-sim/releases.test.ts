import { afterEach, expect, test } from 'vitest'
import { readOptions } from '#sim/options.ts'
import type { PoolOptions } from '#sim/pool.ts'
import { hasReached, releaseNames, releaseOf } from '#sim/releases.ts'
import { rawFiles, type SimulatedPool, simulatedPool } from '#test/support/simulated-pool.ts'

let pool: SimulatedPool
let closed = true
let files: Awaited<ReturnType<typeof rawFiles>>
const close = async () => {
  if (closed) return
  closed = true
  await pool.close()
  await files.remove()
}
afterEach(close)

const open = async (options: PoolOptions) => {
  files = await rawFiles({ a: Buffer.alloc(64 * 1024, 3) })
  pool = await simulatedPool({
    seed: 9,
    vms: [{ name: 'web', disks: [files.path('a')] }],
    ...options,
  })
  closed = false
  return pool.rpc('VM.get_by_uuid', pool.vms.web)
}

const software = async () => {
  const [[host = ''] = []] = [await pool.rpc<string[]>('host.get_all')]
  return pool.rpc<Record<string, string>>('host.get_software_version', host)
}

test('each release tells its own version', async () => {
  for (const release of releaseNames) {
    await open({ release })
    const { product, brand, api } = releaseOf(release)
    expect(await software()).toMatchObject({ product_version: product, product_brand: brand })
    const [host] = await pool.rpc<string[]>('host.get_all')
    expect(await pool.rpc<string | number>('host.get_API_version_minor', host)).toBe(api)
    await close()
  }
})

test('releases come in order: what one has reached, all later ones have', () => {
  const reached = (since: string) => releaseNames.map(name => hasReached(releaseOf(name), since))
  expect(reached('dundee')).toStrictEqual([true, true, true, true, true, true])
  expect(reached('inverness')).toStrictEqual([false, true, true, true, true, true])
  expect(reached('quebec')).toStrictEqual([false, false, true, true, true, true])
  expect(reached('21.4.0')).toStrictEqual([false, false, false, true, true, true])
  expect(reached('1.290.0')).toStrictEqual([false, false, false, true, true, true])
  expect(reached('25.1.0')).toStrictEqual([false, false, false, false, false, true])
})

test('XenServer 7.1 knows no changed-block tracking, no NBD, and no disks to ignore', async () => {
  const vm = await open({ release: '7.1' })
  const methods = await pool.bare<string[]>('system.listMethods')
  expect(methods).toContain('VM.checkpoint')
  for (const late of ['VDI.enable_cbt', 'VDI.get_nbd_info', 'network.add_purpose', 'VTPM.create'])
    expect(methods).not.toContain(late)
  expect(await pool.failure('VDI.enable_cbt', await pool.diskOf(vm))).toStrictEqual([
    'MESSAGE_METHOD_UNKNOWN',
    'VDI.enable_cbt',
  ])
  expect(await pool.failure('VM.snapshot', vm, 'x', [])).toStrictEqual([
    'MESSAGE_PARAMETER_COUNT_MISMATCH',
    'VM.snapshot',
    '2',
    '3',
  ])
  expect(await pool.rpc('VM.snapshot', vm, 'x')).toMatch(/^OpaqueRef:/)
  const record = await pool.rpc<Record<string, unknown>>('VM.get_record', vm)
  expect(record).toHaveProperty('generation_id')
  for (const late of ['domain_type', 'NVRAM', 'pending_guidances'])
    expect(record).not.toHaveProperty(late)
  const disk = await pool.rpc<Record<string, unknown>>('VDI.get_record', await pool.diskOf(vm))
  expect(disk).not.toHaveProperty('cbt_enabled')
})

test('Citrix Hypervisor 8.2 tracks blocks, ignores no disks, has no virtual TPM', async () => {
  const vm = await open({ release: '8.2' })
  await pool.rpc('VDI.enable_cbt', await pool.diskOf(vm))
  const [code] = await pool.failure('VM.snapshot', vm, 'x', [])
  expect(code).toBe('MESSAGE_PARAMETER_COUNT_MISMATCH')
  const methods = await pool.bare<string[]>('system.listMethods')
  expect(methods).not.toContain('VTPM.create')
  expect(methods).toContain('VM.set_NVRAM')
})

test('quiesced snapshots were removed after 8.0', async () => {
  await open({ release: '8.2' })
  const vm = await pool.rpc('VM.get_by_uuid', pool.vms.web)
  expect(await pool.failure('VM.snapshot_with_quiesce', vm, 'x')).toStrictEqual(['MESSAGE_REMOVED'])
})

test('what the licence lacks is refused and told in pool.restrictions', async () => {
  const vm = await open({ unlicensed: ['cbt', 'checkpoint'] })
  expect(await pool.failure('VDI.enable_cbt', await pool.diskOf(vm))).toStrictEqual([
    'LICENCE_RESTRICTION',
    'CBT',
  ])
  expect(await pool.failure('VM.checkpoint', vm, 'x')).toStrictEqual([
    'LICENCE_RESTRICTION',
    'Checkpoint',
  ])
  const [record] = Object.values(
    await pool.rpc<Record<string, { restrictions: Record<string, string> }>>(
      'pool.get_all_records',
    ),
  )
  expect(record?.restrictions).toMatchObject({
    restrict_cbt: 'true',
    restrict_checkpoint: 'true',
    restrict_vtpm: 'false',
  })
})

const exported = async (vm: string, compression: string) => {
  await pool.rpc('VM.hard_shutdown', vm)
  const query = new URLSearchParams({
    session_id: pool.session,
    ref: vm,
    use_compression: compression,
  })
  const response = await fetch(`${pool.url}/export?${query}`)
  return Buffer.from(await response.arrayBuffer()).toString('latin1')
}

test('an archive of 8.0 bears SHA-1 and takes no zstd; one of 8.2 bears xxhash', async () => {
  const old = await exported(await open({ release: '8.0' }), 'zstd')
  expect(old.startsWith('ova.xml')).toBe(true)
  expect(old).toContain('/00000000.checksum')
  await close()
  const newer = await exported(await open({ release: '8.2' }), 'none')
  expect(newer).toContain('/00000000.xxhash')
})

test('the command line names release and licence, and refuses what it does not know', () => {
  expect(readOptions(['--release', '7.1', '--unlicensed', 'cbt,checkpoint'])).toMatchObject({
    release: '7.1',
    unlicensed: ['cbt', 'checkpoint'],
  })
  expect(readOptions([])).toMatchObject({ release: 'xcp-ng-8.3', unlicensed: [] })
  expect(() => readOptions(['--release', '6.5'])).toThrow('--release is one of 7.1, 8.0')
  expect(() => readOptions(['--unlicensed', 'ha'])).toThrow('--unlicensed is one of cbt,')
})
