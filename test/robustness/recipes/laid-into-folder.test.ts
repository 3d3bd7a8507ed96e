import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { sweepRecipes } from '#gateway-agent/recipes/release.ts'
import { loopDisk } from '#test/support/loop-disk.ts'
import { layEndless } from '#test/support/recipes/endless.ts'
import { recipeRoom } from '#test/support/recipes/room.ts'

/*
 * Motivation: content that is laid into a folder may be as large as a database. What a killed agent, or a full disk, leaves of it would fill the guest.
 *
 * Steps: an agent that is killed (SIGKILL) while it writes, and its next life; a disk that is full in the middle, and one that is too small from the start.
 *
 * Passes when nothing of it is left, and content that is whole is.
 */
const canMount = process.getuid?.() === 0 && existsSync('/dev/loop-control')
const JOB = '01J0000000000000000000J0B1'

const ending: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end()
})

test('killed while it writes, its next life removes what it wrote, and leaves what is whole', async () => {
  const made = await recipeRoom()
  ending.push(made.close)
  const agent = spawn(
    process.execPath,
    ['test/support/processes/laying-agent.ts', made.dataDir, JOB],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  ending.push(async () => void agent.kill('SIGKILL'))
  const ended = new Promise(resolve => agent.once('exit', resolve))
  await new Promise(resolve => agent.stdout.once('data', resolve))
  agent.kill('SIGKILL')
  await ended
  const restored = join(made.dataDir, 'guest', 'restored')
  expect(readdirSync(restored)).toEqual([`${JOB}.unfinished`])
  mkdirSync(join(restored, 'whole'))
  writeFileSync(join(restored, 'whole', 'dump'), 'x')
  await sweepRecipes(made.room)
  expect(readdirSync(restored)).toEqual(['whole'])
  expect(made.log.lines.join()).toContain('A restore was cut off: what it had begun to write into')
})

test.skipIf(!canMount)(
  'a disk that is full in the middle, or too small from the start: told, and nothing is left',
  async () => {
    const disk = await loopDisk('ext4')
    ending.push(disk.end)
    await expect(layEndless(disk.mount, JOB, {})).rejects.toMatchObject({ code: 'STAGING_FULL' })
    const restored = join(disk.mount, 'guest', 'restored')
    expect(readdirSync(restored)).toEqual([])
    const begun = { isBegun: false }
    const larger = layEndless(disk.mount, JOB, {
      size: 2 ** 40,
      onWritten: () => {
        begun.isBegun = true
      },
    })
    await expect(larger).rejects.toMatchObject({
      code: 'STAGING_FULL',
      message: expect.stringContaining('1099511627776 bytes are needed, and '),
    })
    expect([begun.isBegun, readdirSync(restored)]).toEqual([false, []])
  },
)
