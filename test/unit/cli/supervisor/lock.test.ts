import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockDirectory } from '#cli/supervisor/lock.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xenkeep-lock-'))
})
afterEach(() => rm(folder, { recursive: true }))

const script = (path: string, after: string) =>
  `import { lockDirectory } from ${JSON.stringify(new URL('../../../../cli/supervisor/lock.ts', import.meta.url).href)}
   await lockDirectory(${JSON.stringify(path)}, process.pid).then(() => { ${after} }, e => { console.log(e.code); process.exit(7) })`
const inAnotherProcess = (path: string, after: string) =>
  promisify(execFile)(process.execPath, ['--input-type=module', '-e', script(path, after)])

test('one process at a time, across processes, with the pid of the first in the message', async () => {
  const path = join(folder, 'deep', 'up.lock')
  const unlock = await lockDirectory(path, 4711)
  await expect(inAnotherProcess(path, 'console.log("got it")')).rejects.toMatchObject({
    code: 7,
    stdout: 'ALREADY_RUNNING\n',
  })
  await expect(lockDirectory(path, 1)).rejects.toMatchObject({
    code: 'ALREADY_RUNNING',
    message: `XenKeep is running on the data directory ${join(folder, 'deep')} already (process 4711).`,
  })
  unlock()
  const { stdout } = await inAnotherProcess(path, 'console.log("got it")')
  expect(stdout).toBe('got it\n')
})

test('a holder that is killed leaves nothing locked', async () => {
  const path = join(folder, 'up.lock')
  await expect(
    inAnotherProcess(path, 'process.kill(process.pid, "SIGKILL")'),
  ).rejects.toMatchObject({
    signal: 'SIGKILL',
  })
  const unlock = await lockDirectory(path, 2)
  unlock()
})
