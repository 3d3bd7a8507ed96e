import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FormatError } from '#repository/format/bytes.ts'
import { decodeFooter, encodeFooter } from '#repository/format/footer.ts'
import { decodeSegment, encodeSegment } from '#repository/format/index-segment.ts'
import { pageCount } from '#repository/format/map-page.ts'
import { decodeRoot, encodeRoot } from '#repository/format/map-root.ts'
import { decodePackTable, encodePackTable } from '#repository/format/pack-table.ts'
import { decodeRecord, encodeRecordHeader } from '#repository/format/record.ts'
import { decodeSealed, encodeSealedHeader } from '#repository/format/sealed-object.ts'
import { decodeSession, encodeSession } from '#repository/format/session-entry.ts'
import { decodeTrailer, encodeTrailer } from '#repository/format/trailer.ts'
import {
  bytesOf,
  compression,
  packKind,
  session,
  u16,
  u32,
  ulid,
} from '#test/support/repository/arbitraries.ts'

/** decode(encode(x)) = x, and every cut of the encoding is refused with a sentence, never with a crash. */
const survives = <T>(
  arbitrary: fc.Arbitrary<T>,
  encode: (value: T) => Buffer,
  decode: (bytes: Uint8Array, value: T) => unknown,
) => {
  fc.assert(
    fc.property(arbitrary, fc.nat(), (value, cut) => {
      const encoded = encode(value)
      expect(decode(encoded, value)).toEqual(value)
      const shorter = encoded.subarray(0, cut % encoded.length)
      expect(() => decode(shorter, value)).toThrow(FormatError)
    }),
  )
}

/** Every flipped bit is noticed. */
const noticesFlips = <T>(
  arbitrary: fc.Arbitrary<T>,
  encode: (value: T) => Buffer,
  decode: (bytes: Uint8Array) => unknown,
) => {
  fc.assert(
    fc.property(arbitrary, fc.nat(), fc.nat(7), (value, at, bit) => {
      const encoded = encode(value)
      const place = at % encoded.length
      encoded[place] = (encoded[place] as number) ^ (1 << bit)
      expect(() => decode(encoded)).toThrow(FormatError)
    }),
    { numRuns: 500 },
  )
}

describe('session entry', () => {
  test('comes back', () => survives(session, encodeSession, decodeSession))
  test('notices flipped bits', () => noticesFlips(session, encodeSession, decodeSession))
})

/** A clear header, the ciphertext, and the tag, as records and sealed objects have them. */
const sealed = <H>(clear: fc.Arbitrary<H>) =>
  fc
    .record({ clear, bytes: fc.uint8Array({ maxLength: 200 }), tag: bytesOf(16) })
    .map(({ clear, bytes, tag }) => ({
      header: { ...clear, ciphertextLength: bytes.length },
      ciphertext: Buffer.from(bytes),
      tag,
    }))

const encodeWith =
  <H>(encodeHeader: (header: H, ...covered: Uint8Array[]) => Buffer) =>
  ({ header, ciphertext, tag }: { header: H; ciphertext: Buffer; tag: Buffer }) =>
    Buffer.concat([encodeHeader(header, ciphertext, tag), ciphertext, tag])

describe('record', () => {
  const record = sealed(
    fc.record({
      type: fc.constantFrom(1, 2, 3, 4),
      cipher: fc.constant(1),
      compression,
      sessionId: bytesOf(16),
      sequence: u32,
      plaintextLength: fc.integer({ min: 0, max: 4 * 1024 * 1024 }),
    }),
  )
  const encode = encodeWith(encodeRecordHeader)
  test('comes back', () => survives(record, encode, decodeRecord))
  test('notices flipped bits', () => noticesFlips(record, encode, decodeRecord))
})

describe('trailer', () => {
  const trailer = fc
    .record({ kind: packKind, sessions: fc.array(session, { minLength: 1, maxLength: 3 }) })
    .chain(({ kind, sessions }) =>
      fc
        .array(
          fc.record({
            id: bytesOf(32),
            type: fc.constantFrom(1, 2, 3, 4),
            compression,
            session: fc.nat(sessions.length - 1),
            sequence: u32,
            offset: u32,
            ciphertextLength: u32,
            plaintextLength: u32,
          }),
          { maxLength: 20 },
        )
        .map(records => ({ kind, sessions, records })),
    )
  test('comes back', () => survives(trailer, encodeTrailer, decodeTrailer))
})

describe('footer', () => {
  const footer = fc.record({
    kind: packKind,
    epoch: u32,
    packId: bytesOf(16),
    salt: bytesOf(32),
    trailerOffset: u32,
    trailerLength: u32,
    trailerCrc: u32,
    records: u32,
  })
  test('comes back', () => survives(footer, encodeFooter, decodeFooter))
  test('notices flipped bits', () => noticesFlips(footer, encodeFooter, decodeFooter))
})

describe('map root', () => {
  const root = fc
    .record({ log2: fc.integer({ min: 16, max: 22 }), size: fc.integer({ min: 1, max: 2 ** 40 }) })
    .filter(({ log2, size }) => pageCount(size, 2 ** log2) < 50)
    .chain(({ log2, size }) => {
      const count = pageCount(size, 2 ** log2)
      return fc
        .array(bytesOf(32), { minLength: count, maxLength: count })
        .map(pageIds => ({ size, chunkSize: 2 ** log2, pageIds }))
    })
  test('comes back', () => survives(root, encodeRoot, decodeRoot))
})

describe('pack table', () => {
  const table = fc
    .uniqueArray(fc.record({ ulid, kind: packKind, size: u32 }), {
      selector: pack => pack.ulid,
      minLength: 1,
      maxLength: 10,
    })
    .chain(list => {
      const use = fc.tuple(fc.constantFrom(...list.map(pack => pack.ulid)), u32)
      return fc.array(fc.array(use, { maxLength: 10 }), { maxLength: 4 }).map(parts => ({
        packs: new Map(list.map(pack => [pack.ulid, pack])),
        parts: parts.map(uses => new Map(uses)),
      }))
    })
  test('comes back', () =>
    survives(table, encodePackTable, (bytes, { parts }) => decodePackTable(bytes, parts.length)))
})

describe('sealed object', () => {
  const object = sealed(
    fc.record({
      type: fc.constantFrom(17, 18, 19),
      compression,
      epoch: u32,
      salt: bytesOf(32),
      plaintextLength: u32,
    }),
  )
  const encode = encodeWith(encodeSealedHeader)
  test('comes back', () => survives(object, encode, decodeSealed))
  test('notices flipped bits', () => noticesFlips(object, encode, decodeSealed))
})

describe('index segment', () => {
  const segment = fc.record({
    replaces: fc.array(ulid, { maxLength: 3 }),
    packs: fc.array(
      fc.record({
        ulid,
        size: u32,
        trailer: fc.uint8Array({ maxLength: 100 }).map(bytes => Buffer.from(bytes)),
      }),
      { maxLength: 4 },
    ),
  })
  test('comes back', () => survives(segment, encodeSegment, decodeSegment))
})

test('a session number beyond the trailer is refused', () => {
  fc.assert(
    fc.property(session, u16, (one, number) => {
      fc.pre(number > 0)
      const entry = {
        id: Buffer.alloc(32),
        type: 1,
        compression: 0,
        session: number,
        sequence: 0,
        offset: 64,
        ciphertextLength: 1,
        plaintextLength: 1,
      }
      const bytes = encodeTrailer({ kind: 'data', sessions: [one], records: [entry] })
      expect(() => decodeTrailer(bytes)).toThrow('the trailer names a session it does not have')
    }),
  )
})
