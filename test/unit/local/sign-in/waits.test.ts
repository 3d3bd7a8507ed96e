import { expect, test } from 'vitest'
import { createWaits } from '#local/sign-in/waits.ts'

const wrong = async () => undefined

test('who guesses keeps nobody out but those at the same address', async () => {
  const waits = createWaits({ now: () => 0 })
  const guess = (address: string) => waits.look(address, 'a', wrong)
  const right = (address: string) => waits.look(address, 'a', async () => 'good')
  const limited = { code: 'SIGN_IN_LIMITED' }
  for (let n = 0; n < 6; n++) await guess('192.0.2.66')
  await expect(right('::ffff:192.0.2.66')).rejects.toMatchObject(limited)
  expect(await right('192.0.2.67')).toBe('good')
  // One machine has a whole network of IPv6.
  for (let n = 0; n < 6; n++) await guess(`2001:db8::${n + 1}`)
  await expect(right('2001:db8:0:0:ffff::9')).rejects.toMatchObject(limited)
  expect(await right('2001:db8:0:1::9')).toBe('good')
  // And this one all addresses of 127.0.0.0/8.
  for (let n = 0; n < 6; n++) await guess(`127.0.0.${n + 1}`)
  await expect(right('::1')).rejects.toMatchObject(limited)
})

test('of many addresses those are forgotten first that tried longest ago', async () => {
  const waits = createWaits({ now: () => 0 }, 3)
  const guess = (address: string) => waits.look(address, 'a', wrong)
  for (const address of ['a', 'a', 'a', 'a', 'a', 'a', 'b', 'c']) await guess(address)
  await expect(guess('a')).rejects.toMatchObject({ code: 'SIGN_IN_LIMITED', seconds: 2 })
  await guess('d')
  // Forgotten: it has its free tries again.
  await guess('a')
})

test('a flood from everywhere is not looked at all at once', async () => {
  const waits = createWaits({ now: () => 0 })
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const tries = Array.from({ length: 20 }, (_, n) => waits.look(`192.0.2.${n}`, 'a', () => promise))
  const ends = Promise.allSettled(tries)
  resolve(undefined)
  const limited = (await ends).filter(({ status }) => status === 'rejected')
  expect(limited).toHaveLength(12)
  await waits.look('192.0.2.30', 'a', wrong)
})
