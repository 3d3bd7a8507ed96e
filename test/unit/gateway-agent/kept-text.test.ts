import { mkdtempSync, rmSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { keptText } from '#gateway-agent/kept-text.ts'

test('of many savings at once none fails, and the last one stands', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'xenkeep-kept-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const kept = keptText(join(folder, 'gateway', 'pools.json'))
  expect(await kept.load()).toBeUndefined()
  await Promise.all(Array.from({ length: 20 }, (_, n) => kept.save(`state ${n}`)))
  expect(await kept.load()).toBe('state 19')
  expect(await readdir(join(folder, 'gateway'))).toEqual(['pools.json'])
})
