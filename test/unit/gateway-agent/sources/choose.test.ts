import { describe, expect, test } from 'vitest'
import { chooseRung, type DiskFacts, whyFull, whyNoBlocks } from '#gateway-agent/sources/choose.ts'

const best: DiskFacts = {
  size: 1000,
  cbt: true,
  base: { size: 1000, vdi: { cbt: true } },
  nbd: 'tls',
  allowInsecureNbd: false,
}

describe('full or incremental', () => {
  test.each<[string, Partial<DiskFacts>, RegExp | undefined]>([
    ['all as it should be', {}, undefined],
    ['no tracking on the disk', { cbt: false }, /tracking is off for this disk/],
    ['base is gone', { base: { size: 1000 } }, /no longer in the pool/],
    ['base without tracking', { base: { size: 1000, vdi: { cbt: false } } }, /switched off since/],
    ['disk grown', { size: 2000 }, /changed from 1000 to 2000 bytes/],
    ['how it is read does not matter', { nbd: 'none' }, undefined],
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

describe('NBD or VHD stream', () => {
  test.each<[string, Partial<DiskFacts>, string, RegExp | undefined]>([
    ['NBD over TLS', {}, 'cbt-nbd', undefined],
    ['no NBD network', { nbd: 'none' }, 'vhd', /no network of the pool/],
    ['NBD in clear, not allowed', { nbd: 'insecure' }, 'vhd', /clear text/],
    ['NBD in clear, allowed', { nbd: 'insecure', allowInsecureNbd: true }, 'cbt-nbd', undefined],
    ['no tracking', { cbt: false }, 'vhd', /never written/],
  ])('%s', (_, facts, rung, reason) => {
    const choice = chooseRung({ ...best, ...facts })
    expect(choice.rung).toBe(rung)
    if (reason === undefined) expect(choice.reason).toBeUndefined()
    else expect(choice.reason).toMatch(reason)
  })
})
