import { describe, expect, test } from 'vitest'
import { encodeAad } from '#repository/crypto/aad.ts'
import { deriveKeys } from '#repository/crypto/keys.ts'
import { formatRecoveryKey } from '#repository/crypto/recovery-kit.ts'
import { sealRecord } from '#repository/crypto/seal-record.ts'
import { recoveryWrappingKey, scryptKey } from '#repository/crypto/wrapping-keys.ts'
import { hex } from '#repository/format/bytes.ts'
import { TYPE } from '#repository/format/kinds.ts'

/**
 * Fixed keys in, fixed bytes out: an accidental change of the format goes red here. All values were computed by a Python script
 * that knows only docs/repository-format.md, RFC 5869, RFC 7914 and AES-GCM, not by this code.
 */
const root = Buffer.from([...Array(32).keys()])
const repositoryId = Buffer.alloc(16, 0xab)
const salt = Buffer.alloc(32, 0x5a)
const id = Buffer.from('0192e0c4a1d07c3b9f1e2d3c4b5a6978', 'hex')
const keys = deriveKeys(root, repositoryId)
const text = Buffer.from('chunk')

describe('keys and ids', () => {
  test.each<[string, string, string]>([
    [
      'chunk id',
      hex(keys.recordId(TYPE.chunk, text)),
      'd66e33d33902d52e22b59291e380104198965e48ab7fc87aa563ecef3a109f02',
    ],
    [
      'page id',
      hex(keys.recordId(TYPE.page, text)),
      '1e09cf4177ecee89502c7425506e3e494fc953439c7180e39ef503ad419de174',
    ],
    [
      'root id',
      hex(keys.recordId(TYPE.root, text)),
      '345515b2b315734f54864583e0407bd1a376075e004e155cf4c2073b2abdbdb4',
    ],
    [
      'pack table id',
      hex(keys.recordId(TYPE.packTable, text)),
      '348498ceec5d8d0408e94ac4cbcf99ca30d5d3471273a38183166aba513dbaca',
    ],
    [
      'stream page id',
      hex(keys.recordId(TYPE.streamPage, text)),
      '3eeef79e4f32ecf5367b84f2d80a5941a850a6a9d4d87982158daf16a303c2b1',
    ],
    [
      'stream root id',
      hex(keys.recordId(TYPE.streamRoot, text)),
      'd7a16047ecf850455f6589f009f197b2f8095b049a7911c09f9c572af466bf2a',
    ],
    [
      'gear table, first and last four numbers',
      [...keys.gearTable.slice(0, 4), ...keys.gearTable.slice(-4)].join(' '),
      '822069693 1805701225 506421521 255558863 1813862633 713728286 353328827 -1980894990',
    ],
    [
      'VM tag',
      keys.vmTag('0F8C3A52-5a1e-4c2e-9d51-2b8a7f3c9e10'),
      'd22d7ae14d5a8119dbd51ec8726f6258',
    ],
    [
      'bootstrap MAC',
      keys.bootstrapMac(Buffer.from('{}')),
      'e8ebff8b19386001b030dbf797b3b1b86fa4209d9bcd8b62c9a52ba0d2a43fb7',
    ],
    [
      'session of a data pack',
      hex(keys.session({ id, salt, epoch: 1, kind: 'data' })),
      '1800b37dfb845df018f1f0485f2a639792073769a62fc670801e8a86c4db1fa0',
    ],
    [
      'session of a metadata pack',
      hex(keys.session({ id, salt, epoch: 1, kind: 'meta' })),
      '48de91bb285c8a643ae71bda89190d3d6c178b39cf6cbad5fbb87c00ab138c36',
    ],
    [
      'session in epoch 2',
      hex(keys.session({ id, salt, epoch: 2, kind: 'data' })),
      '63943a09f6fb375d4e5351ad75e772329efdd57fac1b2df4abaa843ff69b3a21',
    ],
    [
      'trailer',
      hex(keys.trailer({ id, salt, epoch: 1 })),
      'd99cf2f3c1681c7f7e4fcffbb46cd45c11c7cd42983739d77d73fdb341d12713',
    ],
    [
      'sealed object',
      hex(keys.object({ salt, epoch: 1 })),
      '9b0bff342c5b0e2176bf94ca78a425c01fa8d723159b4e2630e6d46ab9c108a2',
    ],
    [
      'recovery slot',
      hex(recoveryWrappingKey(root, { salt: hex(salt), repositoryId: hex(repositoryId) })),
      '183e2243acb3af45f201b86d81e2a80970e36c506fca889223026f9c7cc4a498',
    ],
    [
      'recovery key',
      formatRecoveryKey(root),
      '000G-40R4-0M30-E209-185G-R38E-1W81-24GK-2GAH-C5RR-34D1-P70X-3RFV-SHFD',
    ],
  ])('%s', (_, found, expected) => expect(found).toBe(expected))

  test('stay right when the caller wipes its root key', () => {
    const wiped = Buffer.from(root)
    const late = deriveKeys(wiped, repositoryId)
    wiped.fill(0)
    for (const kind of ['data', 'meta'] as const)
      expect(hex(late.session({ id, salt, epoch: 1, kind }))).toBe(
        hex(keys.session({ id, salt, epoch: 1, kind })),
      )
  })

  test('scrypt slot, of decomposed letters', async () => {
    const key = await scryptKey('Gru\u0308\u00dfe', { logN: 10, r: 8, p: 1, salt: hex(salt) })
    expect(hex(key)).toBe('dbeeb9a11b4cde69f59c7bd5816ca92c0ce03c3823c0cae150720e4028a574ee')
  })
})

const record = {
  id: keys.recordId(TYPE.chunk, text),
  type: TYPE.chunk,
  compression: 0,
  sessionId: id,
  sequence: 0x01020304,
  plaintextLength: text.length,
}

test('AAD: version, repository, type, cipher, compression, session, sequence, length, id', () => {
  expect(hex(encodeAad(repositoryId, { ...record, subject: record.id }))).toBe(
    `01${'ab'.repeat(16)}010100${hex(id)}0403020105000000${hex(record.id)}`,
  )
})

test('a record as it stands in a pack', () => {
  const key = keys.session({ id, salt, epoch: 1, kind: 'data' })
  const [header, ciphertext, tag] = sealRecord(key, repositoryId, { ...record, bytes: text })
  expect(hex(header)).toBe(
    '584b5243010101000192e0c4a1d07c3b9f1e2d3c4b5a69780403020105000000050000004f6da4c3',
  )
  expect(hex(Buffer.concat([ciphertext, tag]))).toBe('a3af72df8aeb54e0fe87573e98565fb0b1c46501d7')
})
