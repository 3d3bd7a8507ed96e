import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LOOK_LIMITS, type Seal } from '#core/contracts/guest-files.ts'
import { newReader, openAnswer, SEAL_BYTES, sealAnswer } from '#core/contracts/sealed-answers.ts'

const TO = { runId: '01JD0000000000000000000001', questionId: '01JD0000000000000000000002' }
const RUNS = { numRuns: 40 }

const parts = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 2, maxLength: 6 })

const sealAll = async (publicKey: string, plain: readonly Uint8Array[], to = TO) => {
  const answer = await sealAnswer(publicKey, to)
  const sealed: Uint8Array<ArrayBuffer>[] = []
  for (const [index, part] of plain.entries())
    sealed.push(await answer.part(new Uint8Array(part), index === plain.length - 1))
  return { seal: answer.seal, sealed }
}

type Reader = Awaited<ReturnType<typeof newReader>>

const openAll = async (
  { privateKey }: Reader,
  { seal, sealed }: { seal: Seal; sealed: readonly Uint8Array<ArrayBuffer>[] },
  to = TO,
) => {
  const answer = await openAnswer(privateKey, seal, to)
  const plain: Uint8Array[] = []
  for (const part of sealed) plain.push((await answer.part(part)).plain)
  answer.end()
  return plain
}

const refused = expect.objectContaining({
  code: 'ANSWER_NOT_AUTHENTIC',
  message: expect.stringMatching(/^The answer of the gateway did not arrive as it was sent: .+\.$/),
})

test('what was sealed is read by its reader, part by part', async () => {
  const reader = await newReader()
  await fc.assert(
    fc.asyncProperty(parts, async plain => {
      const answer = await sealAll(reader.publicKey, plain)
      expect(answer.sealed.map(({ length }) => length)).toEqual(
        plain.map(({ length }) => length + SEAL_BYTES),
      )
      expect(await openAll(reader, answer)).toEqual(plain)
    }),
    RUNS,
  )
})

test('a part of the largest size passes, a larger one is none', async () => {
  const reader = await newReader()
  const most = new Uint8Array(LOOK_LIMITS.partBytes).fill(7)
  const [opened = new Uint8Array()] = await openAll(reader, await sealAll(reader.publicKey, [most]))
  expect(Buffer.from(opened).equals(most)).toBe(true)
  const larger = new Uint8Array(LOOK_LIMITS.partBytes + 1)
  await expect(sealAll(reader.publicKey, [larger])).rejects.toThrow(RangeError)
})

test('parts that are swapped, repeated, left out, cut off or followed by others do not pass', async () => {
  const reader = await newReader()
  await fc.assert(
    fc.asyncProperty(parts, fc.nat(), fc.nat(), async (plain, first, second) => {
      const { seal, sealed } = await sealAll(reader.publicKey, plain)
      const one = first % sealed.length
      const other = (one + 1 + (second % (sealed.length - 1))) % sealed.length
      const swapped = sealed.map((part, index) =>
        index === one ? sealed[other] : index === other ? sealed[one] : part,
      )
      for (const wrong of [
        swapped,
        sealed.toSpliced(one, 0, sealed[one] as Uint8Array<ArrayBuffer>),
        sealed.toSpliced(one, 1),
        sealed.slice(0, one),
        [...sealed, sealed[one]],
      ])
        await expect(
          openAll(reader, { seal, sealed: wrong as Uint8Array<ArrayBuffer>[] }),
        ).rejects.toThrow(refused)
    }),
    RUNS,
  )
})

test('one bit changed anywhere does not pass, and what is sent again whole does', async () => {
  const reader = await newReader()
  await fc.assert(
    fc.asyncProperty(parts, fc.nat(), fc.nat(), async (plain, which, where) => {
      const { seal, sealed } = await sealAll(reader.publicKey, plain)
      const answer = await openAnswer(reader.privateKey, seal, TO)
      for (const [index, part] of sealed.entries()) {
        if (index === which % sealed.length) {
          const changed = Uint8Array.from(part)
          const bit = where % (part.length * 8)
          changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
          await expect(answer.part(changed)).rejects.toThrow(refused)
          expect(() => answer.end()).toThrow(refused)
        }
        await answer.part(part)
      }
      answer.end()
    }),
    RUNS,
  )
})

test('nobody else reads it, and it answers no other question', async () => {
  const reader = await newReader()
  const answer = await sealAll(reader.publicKey, [Uint8Array.of(1), Uint8Array.of(2)])
  await expect(openAll(await newReader(), answer)).rejects.toThrow(refused)
  for (const to of [
    { ...TO, runId: TO.questionId },
    { ...TO, questionId: TO.runId },
  ])
    await expect(openAll(reader, answer, to)).rejects.toThrow(refused)
})

test('two answers to the same question share no key', async () => {
  const reader = await newReader()
  const plain = [new Uint8Array(32)]
  const [one, two] = [
    await sealAll(reader.publicKey, plain),
    await sealAll(reader.publicKey, plain),
  ]
  expect(one.seal.epk).not.toBe(two.seal.epk)
  expect(one.seal.salt).not.toBe(two.seal.salt)
  await expect(openAll(reader, { seal: one.seal, sealed: two.sealed })).rejects.toThrow(refused)
})

test('the private half of a key does not leave the program', async () => {
  const { privateKey } = await newReader()
  expect(privateKey.extractable).toBe(false)
})

test.each([
  ['text', 'nonsense'],
  [
    'a point off the curve',
    Buffer.concat([Buffer.of(4), Buffer.alloc(64, 1)]).toString('base64url'),
  ],
])('%s is no key', async (_, key) => {
  await expect(sealAnswer(key, TO)).rejects.toThrow(
    expect.objectContaining({
      code: 'READER_KEY_INVALID',
      message: expect.stringMatching(/P-256/),
    }),
  )
})

/* Made once with node:crypto by the rules of the docstring: whatever changes them breaks consoles and gateways of different ages. */
const VECTOR = {
  d: 'HKQsKL5hSNnuKsdLAoQtD2vYWIYB3u0bnD-7EaisbKA',
  x: 'F6hiN1dgxD48aqSr_P68vJRaVFuQh_PVglgPcoVswIU',
  y: '796wgd0AULZEWs7Fj9lbCU-ytDZvOznSkvbhlDk-1sM',
  seal: {
    epk: 'BNtr-vN754Nh1NLtyZtt2Dpuz6xjpHPBFx1ILvb0zXD2UMXNYeFwChpjzQoXrSnAeUWPiZKTDzcwhTn5wE1PV_8',
    salt: 'ezv8VXdfTe_5ICFJRSk84a7Q01X9fnOpdFEyUC5BJ4k',
  },
  parts: [
    '002c4939957af84e664665ddf9c180ba88391483c8226b',
    '0130dcd274f655ca451cd0fdc362cc7ae422284250316e01',
  ],
}

test('an answer of today is read for years', async () => {
  const jwk = {
    kty: 'EC',
    crv: 'P-256',
    d: VECTOR.d,
    x: VECTOR.x,
    y: VECTOR.y,
  }
  const curve = { name: 'ECDH', namedCurve: 'P-256' }
  const privateKey = await crypto.subtle.importKey('jwk', jwk, curve, false, ['deriveBits'])
  const answer = await openAnswer(privateKey, VECTOR.seal, TO)
  const texts: string[] = []
  for (const part of VECTOR.parts)
    texts.push(
      new TextDecoder().decode((await answer.part(new Uint8Array(Buffer.from(part, 'hex')))).plain),
    )
  answer.end()
  expect(texts).toEqual(['header', 'trailer'])
})
