import { describe, expect, test } from 'vitest'
import {
  type DiskFacts,
  formatOf,
  type WayFacts,
  waysTo,
  whyFull,
  whyNoBlocks,
} from '#gateway-agent/sources/choose.ts'

const GiB = 1024 ** 3

const best: DiskFacts = {
  size: 1000,
  cbt: true,
  base: { size: 1000, vdi: { cbt: true } },
}

describe('full or incremental', () => {
  test.each<[string, Partial<DiskFacts>, RegExp | undefined]>([
    ['all as it should be', {}, undefined],
    ['no tracking on the disk', { cbt: false }, /tracking is off for this disk/],
    ['base is gone', { base: { size: 1000 } }, /no longer in the pool/],
    ['base without tracking', { base: { size: 1000, vdi: { cbt: false } } }, /switched off since/],
    ['disk grown', { size: 2000 }, /changed from 1000 to 2000 bytes/],
  ])('%s', (_, facts, reason) => {
    const told = whyFull({ ...best, ...facts })
    if (reason === undefined) expect(told).toBeUndefined()
    else expect(told).toMatch(reason)
  })

  test('first backup', () => {
    const { base: _, ...first } = best
    expect(whyFull(first)).toMatch(/no earlier recovery point/)
  })

  test.each([
    ['SR_BACKEND_FAILURE_460', /unrelated/],
    ['SR_BACKEND_FAILURE_459', /damaged/],
    ['VDI_NO_CBT_METADATA', /left no log/],
    ['SR_BACKEND_FAILURE_46', /\(SR_BACKEND_FAILURE_46\)/],
  ])('XAPI answers %s', (code, reason) => {
    expect(whyNoBlocks(code)).toMatch(reason)
    expect(whyNoBlocks(code)).toMatch(/^full, because /)
  })
})

describe('the way to the data', () => {
  const facts: WayFacts = {
    size: 100 * GiB,
    incremental: false,
    format: 'vhd',
    nbd: 'tls',
    allowInsecureNbd: false,
  }

  test.each<[string, Partial<WayFacts>, string, RegExp | undefined]>([
    ['changes over NBD', { incremental: true }, 'cbt-nbd', undefined],
    ['changes of a raw disk over NBD', { incremental: true, format: 'raw' }, 'cbt-nbd', undefined],
    ['changes of 3 TiB over NBD', { incremental: true, size: 3072 * GiB }, 'cbt-nbd', undefined],
    ['all of it by the map of its blocks', {}, 'map-nbd', undefined],
    ['all of a raw disk', { format: 'raw' }, 'nbd', /keeps the disk as raw, not as VHD/],
    ['all of a QCOW2 disk', { format: 'qcow2' }, 'nbd', /keeps the disk as qcow2, not as VHD/],
    ['just as much as a VHD can hold', { size: 2040 * GiB }, 'map-nbd', undefined],
    [
      'more than a VHD can hold',
      { size: 2040 * GiB + 1 },
      'nbd',
      /^every block read over NBD, because the disk has 2041 GiB and a VHD ends at 2040 GiB$/,
    ],
    ['no NBD network', { nbd: 'none' }, 'vhd', /no network of the pool/],
    [
      'more than a VHD can hold, and no NBD network',
      { nbd: 'none', size: 3072 * GiB },
      'xva',
      /^read from the stream of the whole VM, because no network .* and the disk has 3072 GiB/,
    ],
    ['a slow link', { wire: 'zstd' }, 'xva', /compressed with zstd, because the job asks for it$/],
    ['a slow link and only changes', { wire: 'zstd', incremental: true }, 'cbt-nbd', undefined],
    ['NBD in clear, not allowed', { nbd: 'insecure' }, 'vhd', /clear text/],
    ['NBD in clear, allowed', { nbd: 'insecure', allowInsecureNbd: true }, 'map-nbd', undefined],
  ])('%s', (_, special, first, reason) => {
    const chosen = waysTo({ ...facts, ...special })
    expect(chosen.ways[0]).toBe(first)
    if (reason === undefined) expect(chosen.reason).toBeUndefined()
    else expect(chosen.reason).toMatch(reason)
  })
})

test.each<[string, Partial<WayFacts>, string]>([
  ['changes', { incremental: true }, 'cbt-nbd vhd vhd xva'],
  ['everything', {}, 'map-nbd vhd vhd xva'],
  ['everything of a raw disk', { format: 'raw' }, 'nbd vhd vhd xva'],
  ['3 TiB: no VHD', { size: 3072 * GiB }, 'nbd xva xva'],
  ['a slow link: the usual ways after the stream', { wire: 'gzip' }, 'xva xva map-nbd vhd vhd'],
])('one way after the other, for %s', (_, special, ways) => {
  const facts = { size: GiB, incremental: false, format: 'vhd', nbd: 'tls' } as const
  expect(waysTo({ ...facts, allowInsecureNbd: false, ...special }).ways.join(' ')).toBe(ways)
})

test.each([
  [{ vdi_type: 'vhd' }, 'nfs', 'vhd'],
  [{}, 'ext', 'vhd'],
  [{ 'image-format': 'qcow2' }, 'ext', 'qcow2'],
  [{ vdi_type: 'aio' }, 'lvm', 'raw'],
  [{ type: 'raw' }, 'lvmoiscsi', 'raw'],
  [{}, 'gfs2', 'qcow2'],
])(
  'a disk with sm_config %j on a repository of type %s is kept as %s',
  (smConfig, type, format) => {
    expect(formatOf(smConfig, type)).toBe(format)
  },
)
