import { describe, expect, test } from 'vitest'
import { compatibilityOf, decodeBootstrap, encodeBootstrap } from '#repository/format/bootstrap.ts'

const bootstrap = {
  format: 'xenkeep-repository' as const,
  formatVersion: 1 as const,
  repositoryId: '0123456789abcdef0123456789abcdef',
  created: '2026-11-22T12:00:00.000Z',
  epoch: 1,
  idAlgorithm: 1 as const,
  features: { compatible: [], incompatible: [], readOnlyCompatible: [] },
  mac: 'a'.repeat(64),
}

test('comes back', () => {
  expect(decodeBootstrap(JSON.parse(encodeBootstrap(bootstrap).toString()))).toEqual(bootstrap)
})

describe('compatibility', () => {
  test.each([
    ['this version', {}, {}],
    [
      'a newer format',
      { formatVersion: 2, features: undefined, anything: 1 },
      { refused: 'it has format version 2, this one reads 1' },
    ],
    [
      'incompatible features',
      {
        features: { incompatible: ['blake3', 'argon'], readOnlyCompatible: ['gc', 'moved-twice'] },
      },
      { refused: 'it uses argon, blake3' },
    ],
    [
      'a read-only-compatible feature',
      { features: { incompatible: [], readOnlyCompatible: ['gc', 'moved-twice'], compatible: [] } },
      { readOnly: 'it uses moved-twice' },
    ],
    ['a compatible feature', { features: { compatible: ['hints'] } }, {}],
  ])('%s', (_, changes, expected) => {
    expect(compatibilityOf(JSON.parse(JSON.stringify({ ...bootstrap, ...changes })))).toEqual(
      expected,
    )
  })

  test.each([[null], [{}], [{ format: 'restic' }], [[]]])('%j is no bootstrap', json => {
    expect(() => compatibilityOf(json)).toThrow('it is not the bootstrap of a repository')
  })
})
