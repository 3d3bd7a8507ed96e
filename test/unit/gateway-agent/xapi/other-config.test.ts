import { expect, test } from 'vitest'
import { XapiError } from '#core/errors/xenserver.ts'
import type { Xapi } from '#gateway-agent/xapi/api.ts'
import { setMapKeys } from '#gateway-agent/xapi/other-config.ts'

/** A map in which somebody else has a key already, and sets it again right after each of the first `times` removals of it. */
const contested = (times: number) => {
  const map = new Map([['pool_migrate', 'theirs']])
  let left = times
  const call = async (method: string, [, key, value]: readonly unknown[]) => {
    if (method === 'VM.remove_from_blocked_operations') {
      map.delete(key as string)
      if (left-- > 0) map.set(key as string, 'theirs')
    } else if (map.has(key as string)) throw new XapiError(['MAP_DUPLICATE_KEY'], method)
    else map.set(key as string, value as string)
  }
  return { map, xapi: { call } as unknown as Pick<Xapi, 'call'> }
}

test('a key that somebody else sets at the same moment is set again', async () => {
  const { map, xapi } = contested(3)
  await setMapKeys(xapi, 'VM.blocked_operations', 'ref', { pool_migrate: 'ours', clone: 'ours' })
  expect([...map]).toEqual([
    ['pool_migrate', 'ours'],
    ['clone', 'ours'],
  ])
})

test('but not for ever', async () => {
  const { xapi } = contested(100)
  const set = setMapKeys(xapi, 'VM.blocked_operations', 'ref', { pool_migrate: 'ours' })
  await expect(set).rejects.toMatchObject({ xapiCode: 'MAP_DUPLICATE_KEY' })
})
